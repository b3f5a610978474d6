/** The library's pictures: their kinds, where they are listed, how they are shown small and deleted. */
import type { components } from '../../types/schema';
import { address, body, client, request } from '../api/client';
import { type Key, t, word } from '../texts';
import type { Piece } from './pages';
import { matcher } from './search';
import { sentence } from './words';

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

export type Sort = 'title' | 'path' | '-modified' | 'modified' | '-size';

export interface Kind {
  /** In addresses of this page. */
  id: string;
  name: Key;
  /** What the daemon knows the order of. */
  sorts: readonly Sort[];
  /** A part of the list. */
  read: (wanted: Wanted, signal: AbortSignal) => Promise<Piece<Picture>>;
  /** The libraries that have some, and how many. */
  libraries: (signal: AbortSignal) => Promise<[name: string, count: number][]>;
  /** What is said where there are none. */
  none: Key;
  /** What bulk-delete begins with; absent: they are not deleted by hand. */
  family?: string;
  /** Width over height of most of them. */
  ratio: number;
  /** Whether there are some of other forms, which are shown whole. */
  mixed?: true;
}

const SORTS: readonly Sort[] = ['title', 'path', '-modified', 'modified', '-size'];

/** More than anybody has. */
export const ALL = 1_000_000;

type Folder = components['schemas']['AssetFolder'];
type Images = components['schemas']['AssetImages'];

/** A kind that the daemon lists in parts. */
function listed(
  id: 'posters' | 'backgrounds' | 'seasons' | 'titlecards',
  [list, family]: readonly [list: string, family: string],
  count: keyof Folder & `${string}_count`,
  ratio: number,
): Kind {
  return {
    id,
    name: `library.${id}`,
    family,
    ratio,
    sorts: SORTS,
    none: `library.no_${id}`,
    async read({ offset, limit, search, library, sort }, signal) {
      const query = new URLSearchParams({ limit: String(limit), offset: String(offset), sort });
      if (search.trim()) query.set('q', search.trim());
      if (library) query.set('library', library);
      const { images, total, letters } = await request<Images>('GET', `${list}?${query}`, { signal });
      return { items: images, total, letters: letters ? new Map(Object.entries(letters)) : undefined };
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
  const fits = matcher(search);
  const fitting = all.filter(
    ({ path, caption }) =>
      fits(caption ? `${path} ${caption.title} ${caption.part}` : path) && (!library || path.startsWith(`${library}/`)),
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
  name: 'library.manual',
  family: '/api/manual-assets',
  mixed: true,
  ratio: 2 / 3,
  sorts: ['path', '-size'],
  none: 'library.no_manual',
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
  name: 'library.test',
  mixed: true,
  ratio: 2 / 3,
  sorts: ['path', '-size'],
  none: 'library.no_test',
  read: async (wanted, signal) => read(await testImages(signal), wanted),
  libraries: async () => [],
};

export const KINDS: readonly Kind[] = [
  listed('posters', ['/api/gallery', '/api/gallery'], 'poster_count', 2 / 3),
  listed('backgrounds', ['/api/backgrounds-gallery', '/api/backgrounds'], 'background_count', 16 / 9),
  listed('seasons', ['/api/seasons-gallery', '/api/seasons'], 'season_count', 2 / 3),
  listed('titlecards', ['/api/titlecards-gallery', '/api/titlecards'], 'titlecard_count', 16 / 9),
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
  if (season) return season[1] === '0' ? t('library.specials') : t('library.season', { n: season[1] ?? '' });
  const episode = /^s0*(\d+)e0*(\d+)$/i.exec(file);
  if (episode) return `S${episode[1]} · E${episode[2]}`;
  return word('kind', file.toLowerCase(), file);
}

/** `posterLongTextCAPS.jpg`, as Testing runs name their pictures, in words. */
export function sampleCaption(file: string): Caption {
  const words = file
    .replace(/\.\w+$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  const [, kind = words, length, capitals] = /^(.+?)(?: (short|medium|long) text)?( caps)?$/.exec(words) ?? [];
  return {
    title: word('sample', kind.replaceAll(' ', '_'), sentence(kind)),
    part: [length && word('sample', length), capitals && t('sample.capitals')].filter(Boolean).join(', '),
  };
}

/** Whether a picture is a background or a title card, from its file's name: also of those that Testing runs make. */
export function isWide(path: string): boolean {
  return /(^|[/_])(background|titlecard|s\d+e\d+)[^/]*$/i.test(path);
}

export type RecentAsset = components['schemas']['RecentAsset'];

export async function recentAssets(signal: AbortSignal): Promise<RecentAsset[]> {
  return body(await client.GET('/api/recent-assets', { signal })).assets;
}

export async function testImages(signal: AbortSignal): Promise<Picture[]> {
  const { images } = await request<{ images: Picture[] }>('GET', '/api/test-gallery', { signal });
  const named = images.map((image) => ({ ...image, caption: sampleCaption(image.name) }));
  return named.sort((one, other) => one.name.localeCompare(other.name, 'en', { sensitivity: 'base' }));
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
export async function overviewCounts(): Promise<Record<Category, number>> {
  return body(await client.GET('/api/assets/overview/counts')).counts as Record<Category, number>;
}
