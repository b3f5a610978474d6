/** The configuration: what config.json holds, group by group, made from its schema. */
import { useMemo, useState } from 'preact/hooks';
import { useParams } from 'wouter-preact';
import type { ApiError } from '../api/client';
import { request } from '../api/client';
import { Empty, Loaded, Page, Problem } from '../components/basics';
import { Search, Tabs } from '../components/choose';
import { Dialog } from '../components/dialog';
import { useBusy } from '../components/run';
import { type Column, Table } from '../components/table';
import { toast } from '../components/toast';
import { asError } from '../lib/errors';
import { useResource } from '../lib/resource';
import { plural } from '../lib/words';
import { Backups } from './settings/Backups';
import { edits as kept } from './settings/edits';
import { Field } from './settings/Field';
import { Files } from './settings/Files';
import { Look } from './settings/Look';
import {
  type Change,
  type Config,
  changesOf,
  type FieldModel,
  fieldsOf,
  inForce,
  type Schema,
  tabsOf,
} from './settings/model';
import { Validate } from './settings/Validate';

const OTHERS = [
  { value: 'files', name: 'Overlays and fonts' },
  { value: 'backups', name: 'Backups' },
];

/** Tabs whose settings are seen on pictures. */
const SEEN = ['visuals', 'overlays', 'collections'];

export default function Settings() {
  const config = useResource((signal) => request<Config>('GET', '/api/config?masked=true', { signal }), [], ['config']);
  const schema = useResource((signal) => request<Schema>('GET', '/api/config/schema', { signal }));
  const chosen = decodeURIComponent(useParams<{ group?: string }>().group ?? '');
  return (
    <Loaded of={schema}>
      {(of) => (
        <Loaded of={config}>
          {(stored) => <Editor config={stored} schema={of} chosen={chosen} reload={config.reload} />}
        </Loaded>
      )}
    </Loaded>
  );
}

interface EditorProps {
  config: Config;
  schema: Schema;
  chosen: string;
  reload: () => void;
}

function Editor({ config, schema, chosen, reload }: EditorProps) {
  const edits = kept.value;
  const [search, setSearch] = useState('');
  const [review, setReview] = useState(false);
  const [error, setError] = useState<ApiError>();
  const fields = useMemo(() => fieldsOf(schema, config), [schema, config]);
  const tabs = useMemo(() => tabsOf(schema, fields), [schema, fields]);
  const stored = useMemo(() => inForce(schema, config), [schema, config]);
  const values = { ...stored, ...edits };
  const changes = changesOf(fields, stored, edits);

  const needle = search.trim().toLowerCase();
  const tab = tabs.find((one) => one.id === chosen) ?? tabs[0];
  const shown = needle
    ? tabs
        .flatMap((one) => one.groups)
        .map(({ name, fields: all }) => ({ name, fields: all.filter((field) => fits(field, needle)) }))
        .filter((group) => group.fields.length > 0)
    : (tab?.groups ?? []);
  const other = OTHERS.find(({ value }) => value === chosen);

  function set(key: string, value: unknown) {
    setError(undefined);
    const { [key]: _, ...others } = edits;
    const asStored = JSON.stringify(value) === JSON.stringify(stored[key]);
    kept.value = asStored ? others : { ...others, [key]: value };
  }

  async function save() {
    try {
      const posted = Object.fromEntries(changes.map((change) => [change.field.key, edits[change.field.key]]));
      const headers = { 'if-match': `"${config.revision}"` };
      await request('POST', '/api/config?mode=merge', { body: { config: posted }, headers });
      toast(`Saved ${plural(changes.length, 'setting')}`, 'good');
      kept.value = {};
      setReview(false);
      reload();
    } catch (cause) {
      setReview(false);
      setError(asError(cause));
    }
  }

  return (
    <Page
      title="Settings"
      actions={
        changes.length > 0 && (
          <>
            <button
              type="button"
              class="button"
              onClick={() => {
                kept.value = {};
              }}
            >
              Discard
            </button>
            <button type="button" class="button primary" onClick={() => setReview(true)}>
              Save {plural(changes.length, 'change')}
            </button>
          </>
        )
      }
    >
      <div class="row">
        <Search label="Search the settings" value={search} onValue={setSearch} />
        {changes.length > 0 && <span class="muted small-text">{plural(changes.length, 'unsaved change')}</span>}
      </div>
      {!needle && (
        <Tabs
          label="Tabs"
          below="/settings"
          value={other?.value ?? tab?.id ?? ''}
          options={[...tabs.map((one) => ({ value: one.id, name: one.name })), ...OTHERS]}
        />
      )}
      {error && <Problem error={error} />}
      {!needle && chosen === 'files' && <Files />}
      {!needle && chosen === 'backups' && <Backups reload={reload} />}
      {!needle && !other && tab && SEEN.includes(tab.id) && <Look schema={schema} edits={edits} />}
      {(needle || !other) &&
        shown.map((group) => (
          <section class="card" key={group.name} aria-label={group.name}>
            <h2>{group.name}</h2>
            <div class="fields">
              {group.fields.map((field, index) => (
                <Field
                  key={field.key}
                  field={field}
                  value={values[field.key]}
                  stored={stored[field.key]}
                  values={values}
                  leads={group.fields[index + 1]?.needs === field.key}
                  enabled={!field.needs || isOn(values[field.needs])}
                  changed={changes.some((change) => change.field.key === field.key)}
                  problem={error?.problems.find((one) => one.place.endsWith(field.key))?.reason}
                  onValue={(value) => set(field.key, value)}
                />
              ))}
            </div>
            <Validate group={group} values={values} />
          </section>
        ))}
      {needle && shown.length === 0 && <Empty>No setting fits.</Empty>}
      {review && <Review changes={changes} onClose={() => setReview(false)} onSave={save} />}
    </Page>
  );
}

function fits(field: FieldModel, needle: string): boolean {
  return `${field.key} ${field.label} ${field.help}`.toLowerCase().includes(needle);
}

function isOn(value: unknown): boolean {
  return String(value).toLowerCase() === 'true';
}

const CHANGES: readonly Column<Change>[] = [
  {
    name: 'Setting',
    cell: ({ field }) => (
      <>
        {field.label}
        <div class="muted small-text mono">{field.key}</div>
      </>
    ),
  },
  { name: 'Before', cell: (change) => <del>{change.before}</del> },
  { name: 'After', cell: (change) => <ins>{change.after}</ins> },
];

function Review({ changes, onClose, onSave }: { changes: Change[]; onClose: () => void; onSave: () => Promise<void> }) {
  const busy = useBusy();
  return (
    <Dialog
      title="Save these changes?"
      onClose={onClose}
      wide
      actions={
        <>
          <button type="button" class="button" onClick={onClose}>
            Go on editing
          </button>
          <button type="button" class="button primary" disabled={busy.on} onClick={() => busy.while(onSave())}>
            Save
          </button>
        </>
      }
    >
      <Table columns={CHANGES} rows={changes} rowKey={(change) => change.field.key} />
      <p class="muted small-text">The file as it is now is kept as a backup.</p>
    </Dialog>
  );
}
