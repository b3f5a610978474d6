import { expect, test } from 'vitest';
import type { Progress } from '../api/types';
import { advanced } from './state';

test('progress of the stream brings the rate along', () => {
  const known = { done: 0, total: 24, current: null, per_minute: 0, since: '2026-11-25T20:00:00Z', errors: 1 };
  const fact = { id: 1, at: '2026-11-25T20:00:30Z', type: 'progress', done: 12, current: 'Heat' } as const;
  expect(advanced(known as unknown as Progress, fact)).toEqual({
    ...known,
    done: 12,
    total: null,
    current: 'Heat',
    per_minute: 24,
  });
});

test('what became of the assets so far comes with it', () => {
  const known = { done: 0, since: '2026-11-25T20:00:00Z', created: 0, skipped: 0, missing: 0, failed: 0 };
  const results = { created: 3, skipped: 1, missing: 0, failed: 2 };
  const fact = { id: 1, at: '2026-11-25T20:00:30Z', type: 'progress', done: 6, ...results } as const;
  expect(advanced(known as unknown as Progress, fact)).toMatchObject(results);
});
