import { expect, test } from 'vitest';
import type { Progress } from '../api/types';
import { advanced } from './state';

test('progress of the stream brings the rate along', () => {
  const known = { done: 0, total: 24, current: null, per_minute: 0, since: '2026-11-25T20:00:00Z', errors: 1 };
  const fact = { id: 1, at: '2026-11-25T20:00:30Z', type: 'progress', done: 12, current: 'Heat' };
  expect(advanced(known as unknown as Progress, fact)).toEqual({
    ...known,
    done: 12,
    total: null,
    current: 'Heat',
    per_minute: 24,
  });
});
