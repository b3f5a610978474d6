/** Replacing a picture: which asset it is, what providers have for it, and how another one takes its place. */
import type { components } from '../../types/schema';
import { body, client, post } from '../api/client';
import { caption } from './library';
import { titleOf } from './titles';

export type Offer = components['schemas']['Replacement'];
export type Offers = components['schemas']['Replacements'];
export type QueueItem = components['schemas']['QueueItem'];

export const PROVIDERS = ['tmdb', 'tvdb', 'fanart'] as const;

/** What the daemon calls them: names, not texts. */
export const KINDS = ['poster', 'background', 'season', 'titlecard', 'collection'] as const;
export type AssetKind = (typeof KINDS)[number];
export type MediaType = 'movie' | 'tv';

/** An asset that is to be replaced. */
export interface Asset {
  path: string;
  kind: AssetKind;
  title: string;
  year: number | undefined;
  season: number | undefined;
  episode: number | undefined;
}

/** What the path of an asset tells of it. */
export function assetOf(path: string): Asset {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
  const folder = path.slice(0, path.lastIndexOf('/'));
  const card = /S(\d+)E(\d+)$/i.exec(stem);
  const season = /(?:^|_)Season(\d+)$/i.exec(stem);
  const year = /\((\d{4})\)/.exec(folder || stem)?.[1];
  const named = caption(path).title.replace(/\s*\(\d{4}\)$/, '');
  return {
    path,
    kind: kindOf(path, stem, card !== null, season !== null),
    title: folder ? titleOf(folder).replace(/\s*\(\d{4}\)$/, '') : named,
    year: year ? Number(year) : undefined,
    season: numberOf(card?.[1] ?? season?.[1]),
    episode: numberOf(card?.[2]),
  };
}

function kindOf(path: string, stem: string, isCard: boolean, isSeason: boolean): AssetKind {
  if (path.startsWith('Collections/')) return 'collection';
  if (isCard) return 'titlecard';
  if (isSeason) return 'season';
  return /(?:^|_)(background|fanart|backdrop)$/i.test(stem) ? 'background' : 'poster';
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

/** Whether the pictures of this kind are wide. */
export function isWide(kind: AssetKind): boolean {
  return kind === 'background' || kind === 'titlecard';
}

/** What of the asset is a movie's or a show's, as far as its kind of picture tells. */
export function mediaTypeOf({ season }: Asset, type: string | null | undefined): MediaType {
  return season !== undefined || /show|season|episode/i.test(type ?? '') ? 'tv' : 'movie';
}

/** Asks the providers; `title` empty: by what is on record. */
export async function offers(
  asset: Asset,
  wanted: { media: MediaType; title: string },
  signal: AbortSignal,
): Promise<Offers> {
  const title = wanted.title.trim();
  const byHand = title !== asset.title;
  const answer = await client.POST('/api/assets/fetch-replacements', {
    body: {
      asset_path: asset.path,
      asset_type: asset.kind,
      media_type: wanted.media,
      title: title || asset.title,
      // The year is that of the title on record.
      year: byHand ? null : (asset.year ?? null),
      season_number: asset.season ?? null,
      episode_number: asset.episode ?? null,
      is_manual_search: byHand,
    },
    signal,
  });
  return body(answer);
}

/** A picture that is to take the place of another one. */
export type Source = { file: File } | { address: string };

/** How it is done. */
export interface Manner {
  /** An asset is made of it, with our design. */
  drawn: boolean;
  title: string;
  episodeTitle: string;
  queued: boolean;
}

export type Replaced = components['schemas']['Replaced'];

export async function replace(asset: Asset, source: Source, manner: Manner): Promise<Replaced> {
  const query = {
    asset_path: asset.path,
    process_with_overlays: manner.drawn,
    add_to_queue: manner.queued,
    title_text: manner.title,
    asset_type: asset.kind,
    ...(manner.episodeTitle ? { episode_title: manner.episodeTitle } : {}),
  };
  if ('address' in source) {
    const answer = await client.POST('/api/assets/replace-from-url', {
      params: { query: { ...query, image_url: source.address } },
    });
    return body(answer);
  }
  const form = new FormData();
  form.set('file', source.file);
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const answer = await post(`/api/assets/upload-replacement?${parameters}`, form);
  return (await answer.json()) as Replaced;
}

export async function queue(signal?: AbortSignal): Promise<QueueItem[]> {
  return body(await client.GET('/api/queue', signal ? { signal } : {}));
}
