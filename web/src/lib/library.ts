/** The library's pictures: their kinds, where they are listed, how they are shown small and deleted. */
import type { components } from '../../types/schema';
import { address, body, client, request } from '../api/client';
import type { Piece } from './pages';

export interface Picture {
  path: string;
  name: string;
  size: number;
  url: string;
  created?: number;
  modified?: number;
  type?: string | null;
}

/** What of a kind is wanted. */
export interface Wanted {
  offset: number;
  limit: number;
  search: string;
  /** None: of all libraries. */
  library: string;
  sort: Sort;
}

export type Sort = 'path' | '-modified' | 'modified' | '-size';

export interface Kind {
  /** In addresses of this page. */
  id: string;
  name: string;
  /** What the daemon knows the order of. */
  sorts: readonly Sort[];
  /** A part of the list. */
  read: (wanted: Wanted, signal: AbortSignal) => Promise<Piece<Picture>>;
  /** The libraries that have some, and how many. */
  libraries: (signal: AbortSignal) => Promise<[name: string, count: number][]>;
  /** What is said where there are none. */
  none: string;
  /** What DELETE and bulk-delete begin with. */
  family: string;
  /** Width over height of most of them. */
  ratio: number;
}

const SORTS: readonly Sort[] = ['path', '-modified', 'modified', '-size'];

type Folder = components['schemas']['AssetFolder'];

/** A kind that the daemon lists in parts. */
function listed(
  id: string,
  name: string,
  [list, family]: readonly [list: string, family: string],
  count: keyof Folder & `${string}_count`,
  ratio: number,
): Kind {
  return {
    id,
    name,
    family,
    ratio,
    sorts: SORTS,
    none: `There are no ${name.toLowerCase()} yet.`,
    async read({ offset, limit, search, library, sort }, signal) {
      const query = new URLSearchParams({ limit: String(limit), offset: String(offset), sort });
      if (search) query.set('q', search);
      if (library) query.set('library', library);
      const answer = await request<{ images: Picture[]; total: number }>('GET', `${list}?${query}`, { signal });
      return { items: answer.images, total: answer.total };
    },
    async libraries(signal) {
      const { folders } = body(await client.GET('/api/assets-folders', { signal }));
      // A picture that lies in no library is listed as one of its own.
      const filled = folders.filter((folder) => folder[count] > 0 && !/\.\w{3,4}$/.test(folder.name));
      return filled.map((folder) => [folder.name, folder[count]]);
    },
  };
}

async function manualLibraries(signal: AbortSignal) {
  return body(await client.GET('/api/manual-assets-gallery', { signal })).libraries;
}

/** The user's own pictures, which the daemon lists all at once. */
const manual: Kind = {
  id: 'manual',
  name: 'Manual',
  family: '/api/manual-assets',
  ratio: 2 / 3,
  sorts: ['path', '-size'],
  none: 'Pictures in the manual assets folder are used before those of any provider.',
  async read({ offset, limit, search, library, sort }, signal) {
    const chosen = (await manualLibraries(signal)).filter(({ name }) => !library || name === library);
    const needle = search.trim().toLowerCase();
    const pictures = chosen
      .flatMap(({ folders }) => folders.flatMap(({ assets }) => assets))
      .filter(({ path }) => path.toLowerCase().includes(needle));
    if (sort === '-size') pictures.sort((one, other) => other.size - one.size);
    return { items: pictures.slice(offset, offset + limit), total: pictures.length };
  },
  async libraries(signal) {
    const pictures = (folders: { asset_count: number }[]) => folders.reduce((sum, one) => sum + one.asset_count, 0);
    return (await manualLibraries(signal)).map(({ name, folders }) => [name, pictures(folders)]);
  },
};

export const KINDS: readonly Kind[] = [
  listed('posters', 'Posters', ['/api/gallery', '/api/gallery'], 'poster_count', 2 / 3),
  listed('backgrounds', 'Backgrounds', ['/api/backgrounds-gallery', '/api/backgrounds'], 'background_count', 16 / 9),
  listed('seasons', 'Seasons', ['/api/seasons-gallery', '/api/seasons'], 'season_count', 2 / 3),
  listed('titlecards', 'Title cards', ['/api/titlecards-gallery', '/api/titlecards'], 'titlecard_count', 16 / 9),
  manual,
];

/** The address of a small copy. The time makes it a new one when the file changes. */
export function thumbnail(url: string, width: number, modified?: number): string {
  const query = new URLSearchParams({ path: url, w: String(width) });
  if (modified !== undefined) query.set('t', modified.toFixed(0));
  return address(`/api/thumbnail?${query}`);
}

/** What a picture shows, from its path: the folder's title, and the file's part of it. */
export function caption(path: string): { title: string; part: string } {
  const segments = path.split('/');
  const file = (segments.at(-1) ?? path).replace(/\.\w+$/, '');
  const folder = segments.at(-2);
  const title = (folder ?? file).replace(/\s*[[{](?:tmdb|tvdb|imdb)-[^\]}]*[\]}]/gi, '').trim();
  return { title, part: partName(file) };
}

function partName(file: string): string {
  const season = /season0*(\d+)$/i.exec(file);
  if (season) return season[1] === '0' || season[1] === undefined ? 'Specials' : `Season ${season[1]}`;
  const episode = /s0*(\d+)e0*(\d+)$/i.exec(file);
  if (episode) return `S${episode[1]} · E${episode[2]}`;
  if (/background$/i.test(file)) return 'Background';
  if (/poster$/i.test(file)) return 'Poster';
  return file;
}

export interface RecentAsset {
  title: string;
  type: string;
  library: string;
  language: string | null;
  poster_url: string;
  modified: number;
}

export async function recentAssets(signal: AbortSignal): Promise<RecentAsset[]> {
  return (await request<{ assets: RecentAsset[] }>('GET', '/api/recent-assets', { signal })).assets;
}

export async function testImages(signal: AbortSignal): Promise<Picture[]> {
  return (await request<{ images: Picture[] }>('GET', '/api/test-gallery', { signal })).images;
}

export const CATEGORIES = [
  'assets_with_issues',
  'missing_assets',
  'missing_assets_fav_provider',
  'non_primary_lang',
  'non_primary_provider',
  'truncated_text',
  'resolved',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** How many records each category of the Action Center has, without the records. */
export async function overviewCounts(signal: AbortSignal): Promise<Record<Category, number>> {
  return (await request<{ counts: Record<Category, number> }>('GET', '/api/assets/overview/counts', { signal })).counts;
}
