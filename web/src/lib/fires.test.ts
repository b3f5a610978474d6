import { expect, test } from 'vitest';
import { firesOf } from './fires';

test('fires of all entries are in the order of their instants, each once, also where the clocks change', () => {
  const summer = '2026-10-25T02:45:00+02:00';
  const winter = '2026-10-25T02:15:00+01:00';
  const later = '2026-10-26T02:15:00+01:00';
  expect(
    firesOf([
      { next_run: winter, following: [winter, later] },
      { next_run: summer, following: [] },
      { next_run: null, following: [] },
    ]),
  ).toEqual([summer, winter, later]);
});
