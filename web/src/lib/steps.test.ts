import { expect, test } from 'vitest';
import type { Check } from './readiness';
import { type Facts, firstOpen, neighbours, STEPS, stateOf, stepOf } from './steps';

const check = (id: string, state: Check['state']): Check => ({
  id,
  name: id,
  state,
  message: '',
  params: {},
  keys: [],
});

const DEFAULTS = { FavProvider: 'tmdb', PreferredLanguageOrder: ['xx', 'en'], PosterAddText: 'true' };

function facts(changes: Partial<Omit<Facts, 'readiness'>> & { checks?: Check[] } = {}): Facts {
  const { checks = [], values, ...others } = changes;
  const properties = Object.fromEntries(Object.entries(DEFAULTS).map(([key, value]) => [key, { default: value }]));
  return {
    readiness: { ready: false, checks },
    schema: { properties, 'x-groups': [] },
    values: { ...DEFAULTS, ...values },
    scheduler: { enabled: false, schedules: [] },
    webhooks: 0,
    ran: false,
    ...others,
  };
}

const READY = [check('server', 'ok'), check('libraries', 'ok'), check('tmdb', 'ok'), check('assets_folder', 'ok')];

test('a new machine begins at the media server', () => {
  const checks = [check('server', 'error'), check('providers', 'error'), check('tmdb', 'warning')];
  expect(firstOpen(facts({ checks }))).toBe('server');
});

test('a server of which a library is missing is still to be done', () => {
  expect(stateOf('server', facts({ checks: [check('server', 'ok'), check('libraries', 'error')] }))).toBe('to_do');
  expect(stateOf('server', facts({ checks: READY }))).toBe('done');
});

test('one key that works is enough', () => {
  const without = [check('tvdb', 'warning'), check('fanart', 'warning')];
  expect(stateOf('keys', facts({ checks: [check('tmdb', 'ok'), ...without] }))).toBe('done');
  expect(stateOf('keys', facts({ checks: [check('tmdb', 'warning'), ...without] }))).toBe('to_do');
  expect(stateOf('keys', facts({ checks: [check('tmdb', 'ok'), check('tvdb', 'error')] }))).toBe('to_do');
});

test('it goes on where it was left', () => {
  expect(firstOpen(facts({ checks: READY }))).toBe('languages');
  const values = { FavProvider: 'tvdb', PosterAddText: 'false', basicAuthEnabled: true };
  expect(firstOpen(facts({ checks: READY, values }))).toBe('schedule');
  const scheduler = { enabled: true, schedules: [{}] } as unknown as Facts['scheduler'];
  expect(firstOpen(facts({ checks: READY, values, scheduler, webhooks: 1 }))).toBe('run');
});

test('schedules that are switched off are none', () => {
  const scheduler = { enabled: false, schedules: [{}] } as unknown as Facts['scheduler'];
  expect(stateOf('schedule', facts({ scheduler }))).toBe('optional');
});

test('each step leads to its neighbours', () => {
  expect(neighbours('server')).toEqual({ before: undefined, after: 'keys' });
  expect(neighbours('run')).toEqual({ before: 'webhooks', after: undefined });
  expect(STEPS.map((step) => neighbours(step).after).filter(Boolean)).toHaveLength(STEPS.length - 1);
});

test('a check leads to its step', () => {
  expect(stepOf({ id: 'libraries' })).toBe('server');
  expect(stepOf({ id: 'fanart' })).toBe('keys');
  expect(stepOf({ id: 'runner' })).toBeUndefined();
});
