import { expect, test } from 'vitest';
import { CHANGES, logosOf, storedLogos } from './logos';

test('what is chosen comes back as it was', () => {
  for (const change of CHANGES) {
    for (const library of ['', 'Movies']) {
      expect(logosOf(storedLogos({ library, change }))).toEqual({ library, change });
    }
  }
});

test('an old file may have nothing, or texts', () => {
  expect(logosOf({})).toEqual({ library: '', change: 'fill' });
  expect(logosOf({ library: 'TV', force_replace: 'True' })).toEqual({ library: 'TV', change: 'replace' });
  expect(logosOf({ force_replace: true, revert: 'true' })).toEqual({ library: '', change: 'revert' });
});
