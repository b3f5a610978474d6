import { expect, test } from 'vitest';
import { recurrence } from './recurrence';

test.each([
  [{}, undefined],
  [{ days: ['mon', 'fri'] }, 'Mon, Fri'],
  [{ frequency: 'daily', day_of_week: 'mon' }, undefined],
  [{ frequency: 'weekly', day_of_week: '*' }, undefined],
  [{ frequency: 'Weekly', day_of_week: 'mon,thu' }, 'weekly: Mon, Thu'],
  [{ frequency: 'monthly', day: 31, month: '*', day_of_week: '*' }, 'on day 31, every month'],
  [{ frequency: 'monthly', day: '1', month: 7, day_of_week: 'sun' }, 'on day 1, in month 7, only if it is Sun'],
  [{ frequency: 'interval', interval_value: 6 }, 'every 6 hours from then on'],
])('%j is told as %s', (entry, words) => {
  expect(recurrence(entry)).toBe(words);
});
