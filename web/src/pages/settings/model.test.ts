import { expect, test } from 'vitest';
import { type Config, changesOf, fieldsOf, inForce, nested, type Schema, tabsOf } from './model';

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
  expect(changes.map(({ field, before, after }) => [field.key, before, after])).toEqual([
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
