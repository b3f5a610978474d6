import { expect, test } from 'vitest';
import { type Check, inOrder, waysOut, withLabels } from './readiness';

const check = (id: string, state: Check['state'], keys: string[] = []): Check => ({
  id,
  name: id,
  state,
  message: '',
  params: {},
  keys,
});

test('what must be done comes first', () => {
  const checks = [check('a', 'ok'), check('b', 'warning'), check('c', 'error'), check('d', 'error')];
  expect(inOrder(checks).map(({ id }) => id)).toEqual(['c', 'd', 'b', 'a']);
});

test('each check leads to its settings, or to the page where it is mended', () => {
  expect(waysOut(check('server', 'error', ['PlexPart.PlexUrl', 'PlexPart.UsePlex']))).toEqual([
    { href: '/settings?key=PlexPart.PlexUrl', label: 'Plex address' },
    { href: '/settings?key=PlexPart.UsePlex', label: 'Use Plex' },
  ]);
  expect(waysOut(check('fonts_and_overlays', 'warning'))[0]?.href).toBe('/settings/files');
  expect(waysOut(check('runner', 'error'))).toEqual([]);
});

test('settings are called by their names', () => {
  expect(withLabels('PlexPart.PlexUrl is still the example; set ApiPart.PlexToken')).toBe(
    'Plex address is still the example; set Plex token',
  );
});
