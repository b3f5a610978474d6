import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { together } from './together';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('what is asked for at about the same time is asked once, and later anew', async () => {
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return asked;
  };
  expect(await together('runs 1', ask)).toBe(1);
  vi.advanceTimersByTime(500);
  expect(await together('runs 1', ask)).toBe(1);
  expect(await together('runs 2', ask)).toBe(2);
  vi.advanceTimersByTime(5_000);
  expect(await together('runs 1', ask)).toBe(3);
});

test('what failed is asked for again', async () => {
  await expect(together('health', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await together('health', async () => 'back')).toBe('back');
});
