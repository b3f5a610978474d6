import { expect, test } from 'vitest';
import {
  atHome,
  type Config,
  canReset,
  changesOf,
  editorOf,
  type FieldModel,
  fieldsOf,
  inForce,
  isDefault,
  MASK,
  nested,
  type Property,
  parsed,
  readable,
  type Schema,
  type Shown,
  tabsOf,
  unitOf,
} from './config';

const text = (value: Shown) => (value.kind === 'text' ? value.text : value.kind);

const config: Config = {
  config: { PlexUrl: 'http://plex', PlexToken: '********', UsePlex: 'true', mystery: '1' },
  display_names: { PlexUrl: 'Plex URL' },
  revision: 'r1',
};
const schema: Schema = {
  properties: {
    PlexToken: { writeOnly: true },
    PlexUpload: { default: 'false' },
    PlexUrl: { 'x-depends-on': 'UsePlex', 'x-section': 'PlexPart', 'x-key': 'PlexUrl' },
  },
  'x-groups': [
    { title: 'Plex Settings', tab: 'Media Servers', keys: ['UsePlex', 'PlexUrl', 'PlexToken', 'PlexUpload', 'gone'] },
  ],
};
const fields = fieldsOf(schema, config);

test('every key is on a tab, also one that nobody knows', () => {
  const keys = tabsOf(schema, fields).map((tab) => [
    tab.id,
    tab.groups.flatMap((group) => group.fields.map((field) => field.key)),
  ]);
  expect(keys).toEqual([
    ['media-servers', ['UsePlex', 'PlexUrl', 'PlexToken', 'PlexUpload']],
    ['others', ['mystery']],
  ]);
});

test('only what differs is a change, and secrets are not shown', () => {
  const edits = { PlexUrl: 'http://plex', UsePlex: 'false', PlexToken: 'abc' };
  const changes = changesOf(fields, config.config, edits);
  expect(changes.map(({ field, before, after }) => [field.key, text(before), text(after)])).toEqual([
    ['UsePlex', 'true', 'false'],
    ['PlexToken', '••••••', '••••••'],
  ]);
});

test('edits go back to their sections', () => {
  expect(nested(schema, { PlexUrl: 'http://other', mystery: 1 })).toEqual({ PlexPart: { PlexUrl: 'http://other' } });
});

test('a key that the file does not have stands at its default', () => {
  expect(inForce(schema, config)).toMatchObject({ PlexUpload: 'false', UsePlex: 'true' });
});

test('names that nobody knows are shown as words', () => {
  const names = {
    ProviderOrder: 'Provider Order',
    some_key: 'Some Key',
    TMDBToken: 'TMDB Token',
    useLogo2: 'Use Logo2',
  };
  for (const [key, words] of Object.entries(names)) expect(readable(key)).toBe(words);
  expect(readable('SeasonPosterSpecialSeasonOverrideText')).toBe('Season Poster Special Season Override Text');
});

test('keys that nobody knows are edited as what they are', () => {
  const values = [false, 'True', 4, 'x', ['a', 'b'], [], ['a', 1], [MASK], { a: 1 }, null];
  expect(values.map(editorOf)).toEqual([
    'switch',
    'switch',
    'number',
    'text',
    'list',
    'json',
    'json',
    'json',
    'json',
    'json',
  ]);
  expect(parsed('["b"]', ['a'])).toEqual(['b']);
  expect(parsed('{"a": 2}', { a: 1 })).toEqual({ a: 2 });
  for (const [text, stored] of [
    ['Fanart', ['a']],
    ['"x"', {}],
    ['{}', []],
    ['[]', {}],
    ['null', {}],
  ] as const) {
    expect(parsed(text, stored)).toBeUndefined();
  }
});

test('what changes in lists and objects is shown as JSON', () => {
  const stored = { list: ['a'], object: { a: 1 } };
  const all = fieldsOf(schema, { ...config, config: stored });
  const changes = changesOf(all, stored, { list: [{ b: 1 }], object: { a: 2 } });
  expect(changes.map(({ before, after }) => [text(before), text(after)])).toEqual([
    ['a', '[{"b":1}]'],
    ['{"a":1}', '{"a":2}'],
  ]);
});

test('a setting stands at its default however the file spells it', () => {
  expect(isDefault(fieldWith({ default: 'true' }), 'True')).toBe(true);
  expect(isDefault(fieldWith({ default: '300' }), 300)).toBe(true);
  expect(isDefault(fieldWith({ default: ['xx', 'en'] }), ['xx', 'en'])).toBe(true);
  expect(isDefault(fieldWith({ default: ['xx', 'en'] }), ['en', 'xx'])).toBe(false);
  expect(isDefault(fieldWith({ default: '#ffffff' }), '#000000')).toBe(false);
  expect(isDefault(fieldWith({}), 'own')).toBe(false);
});

test('what everybody’s file has as an example is set by nobody, and nothing to go back to', () => {
  const url = fieldWith({ default: 'http://192.168.1.93:32400', 'x-kind': 'url' });
  expect(isDefault(url, '')).toBe(true);
  expect(isDefault(url, 'http://nas:32400')).toBe(false);
  expect(canReset(url, 'http://nas:32400')).toBe(false);
  const tools = fieldWith({ default: 'C:\\Temp\\Magick', 'x-kind': 'path' });
  expect([isDefault(tools, ''), canReset(tools, '/usr')]).toEqual([true, false]);
  const languages = {
    default: { 'Beispiel-Bibliothek': { PreferredLanguageOrder: ['de'] } },
    'x-kind': 'library-languages',
  };
  expect(isDefault(fieldWith(languages), {})).toBe(true);
  expect(canReset(fieldWith(languages), { Filme: ['de'] })).toBe(false);
  const all = { ...schema, properties: { LibraryLanguageOverrides: languages } };
  const fresh = { ...config, config: { LibraryLanguageOverrides: languages.default } };
  expect(inForce(all, fresh)).toEqual({ LibraryLanguageOverrides: {} });
  expect(canReset(fieldWith({ default: '300' }), 400)).toBe(true);
});

test('the folders of a new installation and its password are set by nobody', () => {
  const all = atHome({ ...schema, properties: { AssetPath: { default: '/assets' } } }, '/srv/data');
  const folder = fieldWith(all.properties.AssetPath ?? {});
  expect(['/srv/data/assets', '/assets', '/mnt/assets'].map((path) => isDefault(folder, path))).toEqual([
    true,
    true,
    false,
  ]);
  const password = { ...fieldWith({ default: 'shipped', writeOnly: true }), key: 'basicAuthPassword' };
  expect(isDefault(password, MASK, { basicAuthEnabled: false })).toBe(true);
  expect(isDefault(password, MASK, { basicAuthEnabled: true })).toBe(false);
});

test('what counts pixels says so', () => {
  expect(unitOf(fieldWith({ 'x-key': 'borderwidth' }))).toBe('px');
  expect(unitOf(fieldWith({ 'x-key': 'maxPointSize' }))).toBe('px');
  expect(unitOf(fieldWith({ 'x-key': 'maxLogs' }))).toBe('');
});

function fieldWith(property: Property): FieldModel {
  return { key: 'K', label: 'K', help: '', property, needs: undefined, secret: false, known: true };
}
