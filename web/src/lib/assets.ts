/** What became of the assets of a run: the daemon's list, in words for people. */
import type { components } from '../../types/schema';
import { ApiError, body, client } from '../api/client';
import type { Mode, RunRecord, Status } from '../api/types';
import { locale, t, word } from '../texts';
import { caption } from './library';
import type { Tone } from './words';

export const RESULTS = ['created', 'skipped', 'missing', 'failed'] as const;
export type Result = (typeof RESULTS)[number];

/** An asset that had its turn. The API's document calls it an object. */
export interface RunAsset {
  /** Below the asset folder, without extension. */
  path: string;
  title: string;
  library: string;
  kind: string;
  result: Result;
  why: string;
  /** The same by the daemon's codes; absent where it did not note it so. */
  because?: components['schemas']['Clause'][];
  source?: AssetSource;
  uploaded: boolean;
  /** Providers that did not answer when the picture was chosen. */
  provisional?: string[];
}

export interface AssetSource {
  provider: string;
  address: string;
  language?: string | null;
  textless: boolean;
}

export type RunAssets = Omit<components['schemas']['RunAssets'], 'assets'> & { assets: RunAsset[] };

interface Wanted {
  offset?: number;
  limit?: number;
  result?: Result | undefined;
}

/** Runs of the engine that are about no assets of the library. */
const ABOUT_NONE: readonly Mode[] = ['testing', 'manual'];

/** Whether something can be known of the assets of a run. */
export function tellsAssets({ native, mode }: Pick<RunRecord, 'native' | 'mode'>): boolean {
  return native === true && !ABOUT_NONE.includes(mode);
}

/** The number of the run that is on, where something can be known of its assets. */
export function runWithAssets(of: Status): number | undefined {
  const { run_id, current_mode, progress } = of;
  // Only of runs of the engine it is told what became of the assets.
  const native = typeof progress?.created === 'number';
  return current_mode && run_id && tellsAssets({ native, mode: current_mode }) ? run_id : undefined;
}

/** The assets of a run; null where nothing is known of them, because the script did it. */
export async function runAssets(id: number, wanted: Wanted, signal: AbortSignal): Promise<RunAssets | null> {
  try {
    const { result, ...part } = wanted;
    const query = result ? { ...part, result } : part;
    return body(await client.GET('/api/runs/{id}/assets', { params: { path: { id }, query }, signal })) as RunAssets;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** More than are made between two looks, as a rule. */
const AT_ONCE = 100;
/** How many there were of a result when they were looked at last; the list begins with the oldest. */
const seen = new Map<string, number>();

/** The last ones with a result, the newest first. */
export async function newest(
  id: number,
  result: Result,
  count: number,
  signal: AbortSignal,
): Promise<RunAssets | null> {
  const key = `${id} ${result}`;
  const from = (total: number) => Math.max(0, total - count);
  let offset = from(seen.get(key) ?? 0);
  let told = await runAssets(id, { offset, limit: AT_ONCE, result }, signal);
  if (told && told.total > offset + AT_ONCE) {
    offset = from(told.total);
    told = await runAssets(id, { offset, limit: AT_ONCE, result }, signal);
  }
  if (!told) return null;
  seen.set(key, told.total);
  return { ...told, assets: told.assets.slice(-count).reverse() };
}

export function resultName(result: Result, dryRun: boolean): string {
  return t(dryRun ? `asset.would_be_${result}` : `asset.${result}`);
}

const TONES: Record<Result, Tone> = { created: 'good', skipped: 'plain', missing: 'warn', failed: 'bad' };

export function resultTone(result: Result): Tone {
  return TONES[result];
}

/** What of its title an asset is: `Poster`, `Season 2`, `Title card, S1 · E9`. */
export function partOf({ kind, path }: Pick<RunAsset, 'kind' | 'path'>): string {
  const name = word('kind', kind);
  const { part } = caption(fileOf(path));
  if (kind === 'season') return part;
  return kind === 'title_card' ? `${name}, ${part}` : name;
}

/** Where the picture of an asset is served. */
export function pictureOf(path: string): string {
  return `/poster_assets/${fileOf(path).split('/').map(encodeURIComponent).join('/')}`;
}

function fileOf(path: string): string {
  return `${path}.jpg`;
}

/** What the daemon calls providers in its sentences. */
const NAMES: Record<string, string> = { 'fanart.tv': 'fanart', 'the media server': 'server' };

export function providerName(provider: string): string {
  const name = provider.toLowerCase();
  return word('provider', NAMES[name] ?? name, provider);
}

/** Where a picture is from, in words: `TMDB, German`. */
export function sourceText({ provider, language, textless }: AssetSource): string {
  const text = textless ? t('asset.textless') : language ? languageName(language) : undefined;
  return [providerName(provider), text].filter(Boolean).join(', ');
}

export function languageName(code: string): string {
  if (code.toLowerCase() === 'xx') return t('asset.textless');
  try {
    return new Intl.DisplayNames([locale()], { type: 'language', fallback: 'code' }).of(code) ?? code;
  } catch {
    return code;
  }
}
