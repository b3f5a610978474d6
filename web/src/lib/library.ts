/** The library's pictures: their kinds, where they are listed, how they are shown small and deleted. */
import { address, request } from '../api/client';

export interface Picture {
  path: string;
  name: string;
  size: number;
  url: string;
  created?: number;
  modified?: number;
  type?: string | null;
}

export interface Kind {
  /** In addresses of this page. */
  id: string;
  name: string;
  /** The list; takes limit, offset, q, sort and library. */
  list: string;
  /** What DELETE and bulk-delete begin with. */
  family: string;
  /** Width over height of most of them. */
  ratio: number;
}

export const KINDS: readonly Kind[] = [
  { id: 'posters', name: 'Posters', list: '/api/gallery', family: '/api/gallery', ratio: 2 / 3 },
  {
    id: 'backgrounds',
    name: 'Backgrounds',
    list: '/api/backgrounds-gallery',
    family: '/api/backgrounds',
    ratio: 16 / 9,
  },
  { id: 'seasons', name: 'Seasons', list: '/api/seasons-gallery', family: '/api/seasons', ratio: 2 / 3 },
  { id: 'titlecards', name: 'Title cards', list: '/api/titlecards-gallery', family: '/api/titlecards', ratio: 16 / 9 },
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
