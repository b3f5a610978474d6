/** The configuration's schema and values, brought together into fields and groups. */

/** Stands for a stored secret, and, sent back, for leaving it as it is. */
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

export interface Change {
  field: FieldModel;
  before: string;
  after: string;
}

export function fieldsOf(schema: Schema, config: Config): Map<string, FieldModel> {
  const fields = new Map<string, FieldModel>();
  for (const key of new Set([...Object.keys(schema.properties), ...Object.keys(config.config)])) {
    const property = schema.properties[key] ?? {};
    fields.set(key, {
      key,
      label: property.title ?? config.display_names[key] ?? key,
      help: property.description ?? '',
      property,
      needs: property['x-depends-on'],
      secret: property.writeOnly === true,
    });
  }
  return fields;
}

/** What is in force: the file's values, and the defaults of keys that the file does not have. */
export function inForce(schema: Schema, config: Config): Values {
  const defaults = Object.entries(schema.properties).map(([key, property]) => [key, property.default]);
  return { ...Object.fromEntries(defaults), ...config.config };
}

/** The tabs with their groups, in the daemon's order, and one for keys that it does not know. */
export function tabsOf(schema: Schema, fields: Map<string, FieldModel>): Tab[] {
  const rest = new Map(fields);
  const tabs = new Map<string, Tab>();
  const put = (tab: string, name: string, group: FieldModel[]) => {
    if (group.length === 0) return;
    const known = tabs.get(tab) ?? { id: tab.toLowerCase().replace(/[^a-z0-9]+/g, '-'), name: tab, groups: [] };
    known.groups.push({ name, fields: group });
    tabs.set(tab, known);
  };
  for (const { title, tab, keys } of schema['x-groups']) {
    put(
      tab,
      title,
      keys.map((key) => rest.get(key)).filter((field) => field !== undefined),
    );
    for (const key of keys) rest.delete(key);
  }
  put('Others', 'Keys that only the file knows', [...rest.values()]);
  return [...tabs.values()];
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

function shown(field: FieldModel, value: unknown): string {
  if (field.secret) return value ? '••••••' : '(none)';
  const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
  return text === '' ? '(empty)' : text;
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
