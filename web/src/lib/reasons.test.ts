import { expect, test } from 'vitest';
import type { Catalogue } from '../texts';
import { composed, reasonOf } from './reasons';

type Values = Record<string, string>;

const TEXTS = {
  'because.textless': (of: Values) => `das beste Bild ohne Text von ${of.provider}`,
  'because.favourite': () => 'dem bevorzugten Anbieter',
  'because.shows_poster': () => 'kein Staffelposter, daher das Poster der Serie',
  'because.asked_again': (of: Values) => `keine Antwort von ${of.names}`,
  'run_reason.exit_code': (of: Values) => `Exit-Code ${of.number}`,
  'run_reason.last_lines': (of: Values) => `letzte Zeilen: ${of.lines}`,
  'verdict.server_trouble': (of: Values) => `keine Verbindung zu ${of.server}`,
  'trouble.timed_out': () => 'keine Antwort',
} as unknown as Catalogue;

test('sentences are put together as the daemon does it in English', () => {
  const favoured = [
    { code: 'shows_poster' },
    { code: 'textless', params: { provider: 'Fanart.tv' } },
    { code: 'favourite' },
    { code: 'asked_again', params: { names: 'TMDB, the media server' } },
  ];
  expect(composed(TEXTS, 'because', favoured)).toBe(
    'Kein Staffelposter, daher das Poster der Serie: das beste Bild ohne Text von Fanart.tv, dem bevorzugten Anbieter; ' +
      'keine Antwort von TMDB and the media server',
  );
  const trouble = [{ code: 'server_trouble', params: { server: 'Plex' } }, { code: 'timed_out' }];
  expect(composed(TEXTS, 'verdict', trouble)).toBe('Keine Verbindung zu Plex: keine Antwort');
});

test('an exit code is only told where there is nothing better', () => {
  const code = { code: 'exit_code', params: { number: '3' } };
  expect(composed(TEXTS, 'run_reason', [code])).toBe('Exit-Code 3');
  const lines = { code: 'last_lines', params: { lines: '[2026-11-29 12:00:00] [ERROR]   |L.7     | broken' } };
  expect(composed(TEXTS, 'run_reason', [code, lines])).toBe('Letzte Zeilen: Broken');
});

test('a code of another version, or none at all, leaves the words to the daemon', () => {
  expect(composed(TEXTS, 'because', [{ code: 'favourite' }, { code: 'unheard_of' }])).toBeUndefined();
  expect(reasonOf('because', [{ code: 'favourite' }])).toBeUndefined();
  expect(reasonOf('because', undefined)).toBeUndefined();
});
