import { afterEach, expect, test, vi } from 'vitest';
import type { Status } from '../api/types';
import {
  languageName,
  newest,
  partOf,
  pictureOf,
  resultName,
  runAssets,
  runWithAssets,
  sourceText,
  tellsAssets,
} from './assets';

afterEach(() => vi.unstubAllGlobals());

function answers(status: number, body: unknown) {
  const fetch = vi.fn(async (_: Request) => new Response(JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

const { signal } = new AbortController();

test('assets are named by what of their title they are', () => {
  expect(partOf({ kind: 'poster', path: 'Movies/Heat (1995)/poster' })).toBe('Poster');
  expect(partOf({ kind: 'season', path: 'TV/Dark (2017)/Season02' })).toBe('Season 2');
  expect(partOf({ kind: 'season', path: 'TV/Dark (2017)/Season00' })).toBe('Specials');
  expect(partOf({ kind: 'title_card', path: 'TV/Dark (2017)/S01E09' })).toBe('Title card, S1 · E9');
  expect(partOf({ kind: 'title_card', path: 'TV/Mr. Robot (2015)_S01E09' })).toBe('Title card, S1 · E9');
});

test('the address of a picture takes any name', () => {
  expect(pictureOf('Movies/What? 100 % (1999)/poster')).toBe(
    '/poster_assets/Movies/What%3F%20100%20%25%20(1999)/poster.jpg',
  );
});

test('a dry run tells what would be done', () => {
  expect(resultName('created', true)).toBe('Would be made');
  expect(resultName('created', false)).toBe('Made');
});

test('a source is told with its language, or that it has no text', () => {
  const source = { provider: 'TMDB', address: 'https://image.tmdb.org/a.jpg' };
  expect(sourceText({ ...source, language: 'de', textless: false })).toBe('TMDB, German');
  expect(sourceText({ ...source, textless: true })).toBe('TMDB, without text');
  expect(sourceText({ ...source, provider: 'FANART', textless: false })).toBe('Fanart.tv');
  expect(languageName('not a code')).toBe('not a code');
});

test('of a run of the script nothing is known, which is no error; others are', async () => {
  answers(404, { detail: 'nothing is known' });
  expect(await runAssets(1, {}, signal)).toBeNull();
  answers(500, { detail: 'broken' });
  await expect(runAssets(1, {}, signal)).rejects.toThrow('broken');
});

test('a part with one result is asked for as such', async () => {
  const fetch = answers(200, { assets: [] });
  await runAssets(7, { offset: 50, limit: 50, result: 'failed' }, signal);
  const url = new URL(fetch.mock.calls[0]?.[0].url ?? '');
  expect(url.pathname).toBe('/api/runs/7/assets');
  expect(Object.fromEntries(url.searchParams)).toEqual({ offset: '50', limit: '50', result: 'failed' });
});

/** A run with so many assets, of which parts are given. */
function runWith(total: number) {
  const asked: number[] = [];
  const fetch = vi.fn(async ({ url }: Request) => {
    const query = new URL(url).searchParams;
    const offset = Number(query.get('offset'));
    asked.push(offset);
    const last = Math.min(total, offset + Number(query.get('limit')));
    const assets = Array.from({ length: Math.max(0, last - offset) }, (_, at) => ({ path: String(offset + at) }));
    return new Response(JSON.stringify({ assets, total }));
  });
  vi.stubGlobal('fetch', fetch);
  return asked;
}

test('the newest assets come first, however many there are', async () => {
  expect(runWith(5) && (await newest(1, 'created', 3, signal))?.assets.map(({ path }) => path)).toEqual([
    '4',
    '3',
    '2',
  ]);
  expect(runWith(1000) && (await newest(1, 'created', 2, signal))?.assets.map(({ path }) => path)).toEqual([
    '999',
    '998',
  ]);
});

test('who looks again and again asks for little', async () => {
  runWith(1000);
  await newest(2, 'created', 10, signal);
  const asked = runWith(1003);
  await newest(2, 'created', 10, signal);
  expect(asked).toEqual([990]);
});

test('assets are told of runs of the engine over the library', () => {
  expect(tellsAssets({ native: true, mode: 'normal' })).toBe(true);
  expect(tellsAssets({ native: false, mode: 'normal' })).toBe(false);
  expect(tellsAssets({ native: true, mode: 'testing' })).toBe(false);
  const running = (created: number | undefined) =>
    runWithAssets({ run_id: 7, current_mode: 'normal', progress: { created } } as unknown as Status);
  expect(running(0)).toBe(7);
  expect(running(undefined)).toBeUndefined();
});
