/** Stands for a stored secret, and, sent back, for leaving it as it is. */

import { type Catalogue, t } from '../texts';
import { PASSWORD } from './login';
import { translated } from './settingTexts';
export const MASK = '********';

export type Values = Record<string, unknown>;

export interface Config {
  config: Values;
  display_names: Record<string, string>;
  /** Names this content; a save that names another one is refused. */
  revision: string;
}

/** What `/api/config/schema` says of one key, beyond plain JSON Schema in fields that begin with `x-`. */
export interface Property {
  title?: string;
  type?: string;
  description?: string;
  writeOnly?: boolean;
  default?: unknown;
  'x-section'?: string;
  /** The key's name within its section. */
  'x-key'?: string;
  'x-kind'?: string;
  'x-choices'?: string[];
  'x-minimum'?: number;
  'x-maximum'?: number;
  'x-depends-on'?: string;
  /** The default of a container, where it differs. */
  'x-in-container'?: string;
}

export interface Schema {
  properties: Record<string, Property>;
  /** The groups in their order, each on the tab it belongs to. */
  'x-groups': { title: string; tab: string; keys: string[] }[];
}

export interface FieldModel {
  key: string;
  label: string;
  help: string;
  property: Property;
  /** The switch that must be on for this to matter. */
  needs: string | undefined;
  secret: boolean;
  /** Whether the daemon knows what the key means. Of others it keeps the JSON type. */
  known: boolean;
}

export interface Group {
  name: string;
  fields: FieldModel[];
}

export interface Tab {
  id: string;
  name: string;
  groups: Group[];
}

/** A value as the review shows it. */
export type Shown = { kind: 'text'; text: string } | { kind: 'none' } | { kind: 'empty' };

export interface Change {
  field: FieldModel;
  before: Shown;
  after: Shown;
}

export function fieldsOf(schema: Schema, config: Config, texts: Catalogue = {}): Map<string, FieldModel> {
  const fields = new Map<string, FieldModel>();
  for (const key of new Set([...Object.keys(schema.properties), ...Object.keys(config.config)])) {
    const known = schema.properties[key];
    const property = known ?? {};
    const own = translated(texts, key, property);
    fields.set(key, {
      key,
      label: own.label ?? property.title ?? (known ? config.display_names[key] : undefined) ?? readable(key),
      help: own.help ?? property.description ?? '',
      property,
      needs: property['x-depends-on'],
      secret: known ? known.writeOnly === true : config.config[key] === MASK,
      known: known !== undefined,
    });
  }
  return fields;
}

/** A name of a key in words: `ProviderOrder`, `some_key` and `TMDBToken` as `Provider Order`, `Some Key`, `TMDB Token`. */
export function readable(key: string): string {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[\s_.-]+/)
    .filter(Boolean);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ') || key;
}

/** How a key is edited that the daemon does not know: by the type that it has. */
export type Editor = 'switch' | 'number' | 'text' | 'list' | 'json';

export function editorOf(stored: unknown): Editor {
  if (typeof stored === 'boolean') return 'switch';
  if (typeof stored === 'number') return 'number';
  if (Array.isArray(stored)) {
    const isPlain = stored.length > 0 && stored.every((entry) => typeof entry === 'string' && entry !== MASK);
    return isPlain && new Set(stored).size === stored.length ? 'list' : 'json';
  }
  if (typeof stored === 'object') return 'json';
  return /^(true|false)$/i.test(String(stored)) ? 'switch' : 'text';
}

/** A text as JSON of the type that is stored; undefined where it is none. */
export function parsed(text: string, stored: unknown): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null;
    if (stored === null) return value;
    return isObject && Array.isArray(value) === Array.isArray(stored) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a setting stands at what a new configuration has. The file may spell switches, numbers and colours otherwise, and what
 * it has only as an example is nobody's setting. `values` are all settings.
 */
export function isDefault({ key, property }: FieldModel, value: unknown, values: Values = {}): boolean {
  if (property.default === undefined) return value === undefined;
  // Everybody's file has one, which nobody is told: without a login it does not matter whose it is.
  if (key === PASSWORD && value === MASK) return String(values.basicAuthEnabled).toLowerCase() !== 'true';
  if (hasExample(property) && isBlank(value)) return true;
  return plain(value) === plain(property.default) || value === property['x-in-container'];
}

/** Whether there is a default to go back to that is more than an example. */
export function canReset(field: FieldModel, value: unknown): boolean {
  const { known, secret, property } = field;
  return known && !secret && property.default !== undefined && !hasExample(property) && !isDefault(field, value);
}

function isBlank(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : (value ?? '') === '';
}

function plain(value: unknown): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value ?? '').toLowerCase();
}

/** The pixels that a setting counts, by what it is called; empty for what counts something else. */
export function unitOf({ property }: FieldModel): string {
  return /width|height|stroke|spacing|offset|size/i.test(property['x-key'] ?? '') ? 'px' : '';
}

/**
 * What is in force: the file's values, and the defaults of keys that the file does not have. What a new file has only as an
 * example, such as `TMDBTOKEN`, is nobody's setting.
 */
export function inForce(schema: Schema, config: Config): Values {
  const defaults = Object.entries(schema.properties).map(([key, property]) => [key, property.default]);
  const all = Object.entries({ ...Object.fromEntries(defaults), ...config.config });
  return Object.fromEntries(all.map(([key, value]) => [key, withoutExample(schema.properties[key], value)]));
}

function withoutExample(property: Property | undefined, value: unknown): unknown {
  // Libraries that are left out are left out, whoever wrote them there.
  if (property?.['x-kind'] === 'libraries' || !isExample(property, value)) return value;
  return typeof value === 'object' ? {} : '';
}

function isExample(property: Property | undefined, value: unknown): boolean {
  return property !== undefined && hasExample(property) && plain(value) === plain(property.default);
}

/** Whether the default is only an example: keys, addresses and folders of another system that everybody's new file has. */
function hasExample(property: Property): boolean {
  const kind = property['x-kind'] ?? '';
  if (property.writeOnly === true || ['url', 'libraries', 'library-languages'].includes(kind)) return true;
  return /^[A-Z]:\\/.test(String(property.default));
}

/** The folders that a new installation has below its data folder; the schema names the ones of a container. */
const FOLDERS = ['AssetPath', 'BackupPath', 'ManualAssetPath'];

/** The schema as it is for a daemon with this data folder. */
export function atHome(schema: Schema, dataFolder: string): Schema {
  const here = Object.entries(schema.properties).map(([key, property]): [string, Property] => {
    const { default: there } = property;
    if (!FOLDERS.includes(key) || typeof there !== 'string') return [key, property];
    return [key, { ...property, default: dataFolder + there, 'x-in-container': there }];
  });
  return { ...schema, properties: Object.fromEntries(here) };
}

/** The tab of the login. */
const LOGIN = 'webui';

/** The tabs with their groups, in the daemon's order, and one for keys that it does not know. */
export function tabsOf(schema: Schema, fields: Map<string, FieldModel>, texts: Catalogue = {}): Tab[] {
  const rest = new Map(fields);
  const tabs = new Map<string, Tab>();
  const put = (id: string, tab: string, name: string, group: FieldModel[]) => {
    if (group.length === 0) return;
    const known = tabs.get(id) ?? { id, name: tab, groups: [] };
    known.groups.push({ name, fields: group });
    tabs.set(id, known);
  };
  for (const { title, tab, keys } of schema['x-groups']) {
    put(
      tab.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      texts[`tab.${tab}`]?.() ?? tab,
      texts[`group.${title}`]?.() ?? title,
      keys.map((key) => rest.get(key)).filter((field) => field !== undefined),
    );
    for (const key of keys) rest.delete(key);
  }
  put('others', t('settings.others'), t('settings.others_group'), [...rest.values()]);
  // What most come for is first; the login is set once.
  return [...tabs.values()].sort((one, other) => Number(one.id === LOGIN) - Number(other.id === LOGIN));
}

export function changesOf(fields: Map<string, FieldModel>, stored: Values, edits: Values): Change[] {
  const changes: Change[] = [];
  for (const [key, value] of Object.entries(edits)) {
    const field = fields.get(key);
    if (!field || JSON.stringify(value) === JSON.stringify(stored[key])) continue;
    changes.push({ field, before: shown(field, stored[key]), after: shown(field, value) });
  }
  return changes;
}

/** Changes as the daemon tells them. */
export function changesTold(
  fields: ReadonlyMap<string, FieldModel>,
  told: readonly { key: string; old?: unknown; new?: unknown }[],
): Change[] {
  return told.flatMap((change) => {
    const field = fields.get(change.key);
    return field ? [{ field, before: shown(field, change.old), after: shown(field, change.new) }] : [];
  });
}

function shown(field: FieldModel, value: unknown): Shown {
  if (field.secret) return value ? { kind: 'text', text: '••••••' } : { kind: 'none' };
  const isList = Array.isArray(value) && value.every((entry) => typeof entry !== 'object');
  const isObject = typeof value === 'object' && value !== null;
  const text = isList ? value.join(', ') : isObject ? JSON.stringify(value) : String(value ?? '');
  return text === '' ? { kind: 'empty' } : { kind: 'text', text };
}

/** Values by flat names as sections of config.json. */
export function nested(schema: Schema, values: Values): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(values)) {
    const property = schema.properties[name];
    const section = property?.['x-section'];
    const key = property?.['x-key'];
    if (section && key) sections[section] = { ...sections[section], [key]: value };
  }
  return sections;
}
