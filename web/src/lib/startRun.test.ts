import { expect, test } from 'vitest';
import { forReal } from './startRun';

test('what a dry run was of is what is started', () => {
  expect(forReal({ mode: 'normal', arguments: ['-DryRun'] })).toEqual({ mode: 'normal' });
  expect(forReal({ mode: 'backup', arguments: ['-Backup', '-DryRun'] })).toEqual({ mode: 'backup' });
  expect(forReal({ mode: 'restyle', arguments: ['-Restyle', '-DryRun'] })).toEqual({ restyle: undefined });
  expect(forReal({ mode: 'restyle', arguments: ['-Restyle', '-LibraryToRestyle:TV Shows', '-DryRun'] })).toEqual({
    restyle: 'TV Shows',
  });
});

test('what only its trigger can ask for is not started by hand', () => {
  expect(forReal({ mode: 'tautulli', arguments: ['-DryRun'] })).toBeUndefined();
});
