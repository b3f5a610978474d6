import { expect, test } from 'vitest';
import { ago, bytes, duration, exact, memory } from './format';

test('sizes have at most three digits and a unit', () => {
  expect([0, 999, 1536, 150 * 1024, 83_481_927_747].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.5 KiB',
    '150 KiB',
    '77.7 GiB',
  ]);
});

test('memory is told in the same units', () => {
  expect(['24105 MB', 'Unknown'].map(memory)).toEqual(['23.5 GiB', 'unknown']);
});

test('durations name their two largest parts', () => {
  expect([0, 59.6, 189, 3840, 90_000, 2_592_000].map(duration)).toEqual([
    '0 s',
    '1 min 00 s',
    '3 min 09 s',
    '1 h 04 min',
    '1 d 1 h',
    '30 days',
  ]);
});

test('instants are told from now', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  expect(ago(new Date('2026-11-25T11:58:00Z'), now)).toBe('2 minutes ago');
  expect(ago(new Date('2026-11-25T15:30:00Z'), now)).toBe('in 3 hours');
});

test('tomorrow is the next day, and not 24 hours away', () => {
  const now = new Date(2026, 10, 28, 14, 5).getTime();
  expect(ago(new Date(2026, 10, 30, 4, 30), now)).toBe('in 2 days');
  expect(ago(new Date(2026, 10, 29, 23, 30), now)).toBe('tomorrow');
  expect(ago(new Date(2026, 10, 26, 23, 30), now)).toBe('2 days ago');
});

test('an exact time tells its zone', () => {
  expect(exact(new Date('2026-11-28T14:05:00Z'))).toMatch(/2026.* (UTC|GMT([+-]\d+)?|[A-Z]{2,5})$/);
  expect(exact(new Date('never'))).toBe('');
});
