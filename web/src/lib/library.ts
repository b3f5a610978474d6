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
  /** What it shows, where its path does not tell. */
  caption?: Caption;
}

/** What a picture shows: the title, and the part of it. */
export interface Caption {
  title: string;
  part: string;
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
  /** What bulk-delete begins with; absent: they are not deleted by hand. */
  family?: string;
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

/** A kind whose pictures the daemon lists all at once: there are few. */
function read(all: readonly Picture[], { offset, limit, search, library, sort }: Wanted): Piece<Picture> {
  const needle = search.trim().toLowerCase();
  const fitting = all.filter(
    ({ path }) => path.toLowerCase().includes(needle) && (!library || path.startsWith(`${library}/`)),
  );
  if (sort === '-size') fitting.sort((one, other) => other.size - one.size);
  return { items: fitting.slice(offset, offset + limit), total: fitting.length };
}

async function manualLibraries(signal: AbortSignal) {
  return body(await client.GET('/api/manual-assets-gallery', { signal })).libraries;
}

/** The user's own pictures. */
const manual: Kind = {
  id: 'manual',
  name: 'Manual',
  family: '/api/manual-assets',
  ratio: 2 / 3,
  sorts: ['path', '-size'],
  none: 'Pictures in the manual assets folder are used before those of any provider.',
  async read(wanted, signal) {
    const libraries = await manualLibraries(signal);
    return read(
      libraries.flatMap(({ folders }) => folders.flatMap(({ assets }) => assets)),
      wanted,
    );
  },
  async libraries(signal) {
    const pictures = (folders: { asset_count: number }[]) => folders.reduce((sum, one) => sum + one.asset_count, 0);
    return (await manualLibraries(signal)).map(({ name, folders }) => [name, pictures(folders)]);
  },
};

/** What the last Testing run made. The next one makes them anew, so there is no deleting. */
const test: Kind = {
  id: 'test',
  name: 'Test images',
  ratio: 2 / 3,
  sorts: ['path', '-size'],
  none: 'A Testing run makes samples of all kinds; they show up here.',
  read: async (wanted, signal) => read(await testImages(signal), wanted),
  libraries: async () => [],
};

export const KINDS: readonly Kind[] = [
  listed('posters', 'Posters', ['/api/gallery', '/api/gallery'], 'poster_count', 2 / 3),
  listed('backgrounds', 'Backgrounds', ['/api/backgrounds-gallery', '/api/backgrounds'], 'background_count', 16 / 9),
  listed('seasons', 'Seasons', ['/api/seasons-gallery', '/api/seasons'], 'season_count', 2 / 3),
  listed('titlecards', 'Title cards', ['/api/titlecards-gallery', '/api/titlecards'], 'titlecard_count', 16 / 9),
  manual,
  test,
];

/** The address of a small copy. With the time of its last change (in seconds) it is one edition's, and kept for good. */
export function thumbnail(url: string, width: number, modified?: number): string {
  const query = new URLSearchParams({ path: url, w: String(width) });
  if (modified !== undefined) query.set('t', Math.round(modified * 1000).toFixed(0));
  return address(`/api/thumbnail?${query}`);
}

/** Files that stand beside each other instead of in a folder of their own: `Heat (1995)_background.jpg`. */
const FLAT = /^(.+)_(background|poster|season\d+|s\d+e\d+)$/i;

/** What a picture shows, from its path. */
export function caption(path: string): Caption {
  const segments = path.split('/');
  const file = (segments.at(-1) ?? path).replace(/\.\w+$/, '');
  const folder = segments.at(-2);
  const [, title, part] = FLAT.exec(file) ?? (folder ? [file, folder, file] : [file, file, 'poster']);
  return { title: withoutIds(title ?? file), part: partName(part ?? file) };
}

function withoutIds(name: string): string {
  return name.replace(/\s*[[{](?:tmdb|tvdb|imdb)-[^\]}]*[\]}]/gi, '').trim();
}

function partName(file: string): string {
  const season = /^season0*(\d+)$/i.exec(file);
  if (season) return season[1] === '0' ? 'Specials' : `Season ${season[1]}`;
  const episode = /^s0*(\d+)e0*(\d+)$/i.exec(file);
  if (episode) return `S${episode[1]} · E${episode[2]}`;
  if (/^(background|poster)$/i.test(file)) return capitalised(file.toLowerCase());
  return file;
}

/** `posterLongTextCAPS.jpg`, as Testing runs name their pictures, in words. */
export function sampleCaption(file: string): Caption {
  const words = file
    .replace(/\.\w+$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  const [, kind = words, length, capitals] = /^(.+?)(?: (short|medium|long) text)?( caps)?$/.exec(words) ?? [];
  return {
    title: capitalised(kind),
    part: [length && capitalised(`${length} text`), capitals && 'capitals'].filter(Boolean).join(', '),
  };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
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
  const { images } = await request<{ images: Picture[] }>('GET', '/api/test-gallery', { signal });
  return images.map((image) => ({ ...image, caption: sampleCaption(image.name) }));
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

export const CATEGORY_NAMES: Record<Category, string> = {
  assets_with_issues: 'All with issues',
  missing_assets: 'Missing',
  missing_assets_fav_provider: 'Missing at the favourite provider',
  non_primary_lang: 'Other language',
  non_primary_provider: 'Other provider',
  truncated_text: 'Text cut off',
  resolved: 'Resolved',
};

/** How many records each category of the Action Center has, without the records. */
export async function overviewCounts(signal: AbortSignal): Promise<Record<Category, number>> {
  return (await request<{ counts: Record<Category, number> }>('GET', '/api/assets/overview/counts', { signal })).counts;
}
