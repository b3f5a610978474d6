import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seldom } from './seldom';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('many wishes are one piece of work at once, and one more at the end', () => {
  const work = vi.fn();
  const wish = seldom(work, 1000);
  for (let count = 0; count < 5; count += 1) wish();
  expect(work).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  expect(work).toHaveBeenCalledTimes(2);
});

test('a wish without others is followed by nothing, and the next one is heard at once', () => {
  const work = vi.fn();
  const wish = seldom(work, 1000);
  wish();
  vi.advanceTimersByTime(5000);
  expect(work).toHaveBeenCalledTimes(1);
  wish();
  expect(work).toHaveBeenCalledTimes(2);
});

test('wishes that never end are heard once in the time', () => {
  const work = vi.fn();
  const wish = seldom(work, 1000);
  for (let tick = 0; tick < 50; tick += 1) {
    wish();
    vi.advanceTimersByTime(100);
  }
  expect(work.mock.calls.length).toBeGreaterThanOrEqual(5);
  expect(work.mock.calls.length).toBeLessThanOrEqual(6);
});
