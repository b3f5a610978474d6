import { expect, test } from 'vitest';
import { levelOf } from './logline';

test('both formats name their level', () => {
  expect(levelOf('[2025-11-25 16:34:18] [INFO]    |L.33500| Finished')).toBe('INFO');
  expect(levelOf('[2025-11-23 03:00:05] [ERROR]   |L.4390 |      Could not access Plex')).toBe('ERROR');
  expect(levelOf('[2025-11-23 03:00:05] [WARNING ] [BACKEND] - text')).toBe('WARNING');
});

test('a continuation has no level', () => {
  expect(levelOf('    at line 3')).toBeUndefined();
  expect(levelOf('[not a log line')).toBeUndefined();
});
