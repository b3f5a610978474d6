import { expect, test, vi } from 'vitest';
import { LongList, PIECE } from './pages';

const numbers = (total: number) =>
  vi.fn(async (offset: number, limit: number) => ({
    items: Array.from({ length: Math.min(limit, total - offset) }, (_, index) => offset + index),
    total,
  }));

test('a list is fetched in pieces, each once', async () => {
  const fetch = numbers(PIECE + 5);
  const list = new LongList(fetch);
  expect(list.at(0)).toBeUndefined();
  list.at(1);
  await vi.waitFor(() => expect(list.at(1)).toBe(1));
  expect(list.total.value).toBe(PIECE + 5);
  list.at(PIECE + 4);
  await vi.waitFor(() => expect(list.at(PIECE + 4)).toBe(PIECE + 4));
  expect(fetch).toHaveBeenCalledTimes(2);
});

test('news keep what is shown until it has come again', async () => {
  let shift = 0;
  const list = new LongList(async (offset: number) => ({ items: [offset + shift], total: 1 }));
  list.at(0);
  await vi.waitFor(() => expect(list.at(0)).toBe(0));
  shift = 7;
  list.renew();
  expect(list.at(0)).toBe(0);
  await vi.waitFor(() => expect(list.at(0)).toBe(7));
});

test('what fails is told, and tried again only when there is news', async () => {
  const fetch = numbers(3);
  fetch.mockRejectedValueOnce(new Error('away'));
  const list = new LongList(fetch);
  list.at(0);
  await vi.waitFor(() => expect(list.error.value).toEqual(new Error('away')));
  expect(list.at(0)).toBeUndefined();
  expect(fetch).toHaveBeenCalledTimes(1);
  list.renew();
  list.at(0);
  await vi.waitFor(() => expect(list.at(0)).toBe(0));
  expect(list.error.value).toBeUndefined();
});
