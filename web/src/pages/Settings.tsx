/** The configuration: what config.json holds, group by group, made from its schema. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Link, useParams } from 'wouter-preact';
import { ApiError, body, client, request } from '../api/client';
import { Empty, Loaded, Page, Problem } from '../components/basics';
import { Search, Tabs, Toggles } from '../components/choose';
import type { SampleKind } from '../components/preview';
import {
  atHome,
  type Config,
  changesOf,
  type FieldModel,
  fieldsOf,
  inForce,
  isDefault,
  type Schema,
  type Tab,
  tabsOf,
} from '../lib/config';
import { decoded } from '../lib/decoded';
import { edits as kept, passwordAgain } from '../lib/edits';
import { asError } from '../lib/errors';
import { PASSWORD, passwordProblem } from '../lib/login';
import { useQuery } from '../lib/query';
import { lastReadiness, messageOf, useReadiness } from '../lib/readiness';
import { useResource } from '../lib/resource';
import { matcher } from '../lib/search';
import { settingTexts } from '../lib/settingTexts';
import { tell, toast } from '../lib/toast';
import { check, session, signIn } from '../session';
import { type Catalogue, language, rich, t } from '../texts';
import { Backups } from './settings/Backups';
import { Blueprint } from './settings/Blueprint';
import { Daemon } from './settings/Daemon';
import { Field } from './settings/Field';
import { Files } from './settings/Files';
import { Look, seenOn } from './settings/Look';
import { Review } from './settings/Review';
import { Validate } from './settings/Validate';

const OTHERS = [
  { value: 'files', name: 'settings.files' },
  { value: 'backups', name: 'settings.backups' },
  { value: 'daemon', name: 'settings.daemon' },
] as const;

/** Who changes one of these has to sign in anew. */
const LOGIN: readonly string[] = ['basicAuthEnabled', 'basicAuthUsername', PASSWORD];

/** Tabs whose settings are seen on pictures. */
const SEEN = ['visuals', 'overlays', 'collections'];

export default function Settings() {
  const config = useResource((signal) => request<Config>('GET', '/api/config?masked=true', { signal }), [], ['config']);
  const schema = useResource((signal) => request<Schema>('GET', '/api/config/schema', { signal }));
  // Where it is not known, the folders of a new installation only look as if somebody had set them.
  const home = useResource((signal) => client.GET('/api/settings', { signal }).then(body));
  const folder = home.data?.settings.find(({ key }) => key === 'data_dir')?.value;
  const here = useMemo(() => schema.data && folder && atHome(schema.data, folder), [schema.data, folder]);
  const texts = useResource(() => settingTexts(language()), [language()]);
  const chosen = decoded(useParams<{ group?: string }>().group ?? '');
  return (
    <Loaded of={schema}>
      {(of) => (
        <Loaded of={config}>
          {(stored) => (
            <Loaded of={texts}>
              {(own) => (
                <Editor config={stored} schema={here || of} texts={own} chosen={chosen} reload={config.reload} />
              )}
            </Loaded>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

interface EditorProps {
  config: Config;
  schema: Schema;
  texts: Catalogue;
  chosen: string;
  reload: () => void;
}

function Editor({ config, schema, texts, chosen, reload }: EditorProps) {
  const edits = kept.value;
  const [query, setQuery] = useQuery();
  const search = query.get('q') ?? '';
  const only = query.has('changed');
  const [review, setReview] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [edited, setEdited] = useState<SampleKind>();
  const fields = useMemo(() => fieldsOf(schema, config, texts), [schema, config, texts]);
  const tabs = useMemo(() => tabsOf(schema, fields, texts), [schema, fields, texts]);
  const stored = useMemo(() => inForce(schema, config), [schema, config]);
  const values = { ...stored, ...edits };
  const changes = changesOf(fields, stored, edits);

  const needle = search.trim();
  // Over all tabs.
  const picks = chosen !== 'daemon' && (needle !== '' || only);
  const fits = matcher(needle);
  const wanted = fieldOf(fields.values(), query.get('key'));
  const tab = (wanted ? tabOf(tabs, wanted) : tabs.find((one) => one.id === chosen)) ?? tabs[0];
  useShown(wanted?.key, error);
  const shown = picks
    ? tabs
        .flatMap((one) => one.groups)
        .map(({ name, fields: all }) => ({
          name,
          fields: all
            .filter(({ key, label, help }) => fits(`${key} ${label} ${help}`))
            .filter((field) => !only || !isDefault(field, values[field.key], values)),
        }))
        .filter((group) => group.fields.length > 0)
    : (tab?.groups ?? []);
  const other = OTHERS.find(({ value }) => value === chosen);
  const isUnknown = chosen !== '' && !other && !tabs.some((one) => one.id === chosen);

  useReadiness();
  /** What the daemon found wrong with what is saved. */
  function found({ key, property }: FieldModel): string | undefined {
    if (key in edits) return undefined;
    const name = `${property['x-section']}.${property['x-key']}`;
    const check = lastReadiness.value?.checks.find(
      ({ state, keys }) => state === 'error' && keys.length === 1 && keys[0] === name,
    );
    return check && messageOf(check);
  }

  function set(key: string, value: unknown) {
    setError(undefined);
    const { [key]: _, ...others } = edits;
    const asStored = JSON.stringify(value) === JSON.stringify(stored[key]);
    kept.value = asStored ? others : { ...others, [key]: value };
  }

  /** What the daemon does not ask for: that a new password of the login is long, and written as meant. */
  function ask() {
    const password = edits[PASSWORD];
    const wrong = typeof password === 'string' && password ? passwordProblem(password, passwordAgain.value) : undefined;
    const reason = wrong?.password ?? wrong?.again;
    if (reason) setError(new ApiError(reason, 0, undefined, undefined, [{ place: placeOf(PASSWORD), reason }]));
    else setReview(true);
  }

  /** Who has changed the login goes on with it, where this page knows it. */
  async function useLogin() {
    const [user, password] = [String(values.basicAuthUsername ?? ''), edits[PASSWORD]];
    if (!isOn(values.basicAuthEnabled)) await check();
    else if (typeof password === 'string') await tell(signIn(user, password), t('settings.signed_in'));
    else {
      await check();
      if (session.value === 'signed_out') toast(t('settings.sign_in_again'));
    }
  }

  async function save() {
    try {
      const posted = Object.fromEntries(changes.map((change) => [change.field.key, edits[change.field.key]]));
      const headers = { 'if-match': `"${config.revision}"` };
      await request('POST', '/api/config?mode=merge', { body: { config: posted }, headers });
      toast(t('settings.saved', { n: changes.length }), 'good');
      setReview(false);
      if (changes.some(({ field }) => LOGIN.includes(field.key))) await useLogin();
      kept.value = {};
      reload();
    } catch (cause) {
      setReview(false);
      setError(asError(cause));
    }
  }

  return (
    <Page
      title={t('nav.settings')}
      help="look"
      actions={
        <Link class="button" href="/setup">
          {t('setup.title')}
        </Link>
      }
    >
      {/* The daemon's own settings have a search of their own. After the search, Tab leads to what was found. */}
      {chosen !== 'daemon' && (
        <div class="row">
          <Toggles
            label={t('settings.filter')}
            options={[{ value: 'changed', name: t('settings.only_changed') }]}
            values={only ? ['changed'] : []}
            onValues={({ length }) => setQuery({ changed: length ? 'yes' : undefined }, { replace: true })}
          />
          <Search label={t('settings.search')} value={search} onValue={(q) => setQuery({ q }, { replace: true })} />
        </div>
      )}
      {!picks && (
        <Tabs
          label={t('settings.tabs')}
          below="/settings"
          value={other?.value ?? tab?.id ?? ''}
          options={[
            ...tabs.map((one) => ({ value: one.id, name: one.name })),
            ...OTHERS.map(({ value, name }) => ({ value, name: t(name) })),
          ]}
        />
      )}
      {isUnknown && <Empty>{t('settings.no_tab', { name: chosen })}</Empty>}
      {error && <Refusal of={error} fields={fields} />}
      {!picks && chosen === 'files' && <Files />}
      {!picks && chosen === 'backups' && (
        <>
          <Blueprint fields={fields} reload={reload} />
          <Backups reload={reload} />
        </>
      )}
      {!picks && chosen === 'daemon' && <Daemon />}
      {!picks && !other && tab && SEEN.includes(tab.id) && (
        <Look schema={schema} edits={edits} edited={edited} beside={shown.length} />
      )}
      {(picks || !other) &&
        shown.map((group) => (
          <section
            class="card"
            key={group.name}
            aria-label={group.name}
            onFocusIn={() => setEdited(seenOn(group) ?? edited)}
          >
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
                  problem={error?.problems.find((one) => one.place === placeOf(field.key))?.reason ?? found(field)}
                  onValue={(value) => set(field.key, value)}
                />
              ))}
            </div>
            <Validate group={group} values={values} />
          </section>
        ))}
      {picks && shown.length === 0 && <Empty>{t('settings.no_match')}</Empty>}
      {changes.length > 0 && (
        <div class="save-bar">
          <span class="grow">{t('settings.unsaved', { n: changes.length })}</span>
          <button
            type="button"
            class="button"
            onClick={() => {
              setError(undefined);
              kept.value = {};
            }}
          >
            {t('settings.discard')}
          </button>
          <button type="button" class="button primary" onClick={ask}>
            {t('settings.save', { n: changes.length })}
          </button>
        </div>
      )}
      {review && (
        <Review
          title={t('settings.review')}
          confirm={t('common.save')}
          cancel={t('settings.keep_editing')}
          changes={changes}
          onClose={() => setReview(false)}
          onSave={save}
        />
      )}
    </Page>
  );
}

/** Where the daemon says that a setting is wrong. */
function placeOf(key: string): string {
  return `body.config.${key}`;
}

/** Why nothing was saved: each wrong setting by its name, with the way to it. */
function Refusal({ of, fields }: { of: ApiError; fields: ReadonlyMap<string, FieldModel> }) {
  const wrong = of.problems.flatMap(({ place, reason }) => {
    const field = [...fields.values()].find(({ key }) => place === placeOf(key));
    return field ? [{ field, reason }] : [];
  });
  const first = wrong[0]?.field.key;
  const [, setQuery] = useQuery();
  const notice = useRef<HTMLDivElement>(null);
  // The one that is wrong may be on another tab, and far from where Save was pressed.
  useEffect(() => {
    if (first === undefined) notice.current?.scrollIntoView({ block: 'center' });
    else setQuery({ key: first, q: undefined, changed: undefined }, { replace: true });
  }, [of, first]);
  if (wrong.length === 0 || wrong.length < of.problems.length) {
    return (
      <div ref={notice}>
        <Problem error={of} />
      </div>
    );
  }
  return (
    <div class="notice tone-bad" role="alert" ref={notice}>
      <div>
        {t('settings.not_saved')}
        <ul class="plain-list">
          {wrong.map(({ field, reason }) => (
            <li key={field.key}>
              {rich(
                'settings.wrong',
                { link: () => <Link href={`/settings?key=${field.key}`}>{field.label}</Link> },
                { reason },
              )}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** The setting that a link leads to, named as in config.json: `PlexPart.PlexUrl`. */
function fieldOf(fields: Iterable<FieldModel>, name: string | null): FieldModel | undefined {
  if (!name) return undefined;
  return [...fields].find(
    ({ key, property }) => name === key || name === `${property['x-section']}.${property['x-key']}`,
  );
}

function tabOf(tabs: readonly Tab[], field: FieldModel): Tab | undefined {
  return tabs.find(({ groups }) => groups.some((group) => group.fields.includes(field)));
}

/** Brings a setting into view, and the focus to its input: the one that the address names, and again whenever it is refused. */
function useShown(key: string | undefined, refusal: ApiError | undefined) {
  useEffect(() => {
    if (key !== undefined) show(key);
  }, [key]);
  useEffect(() => {
    if (key !== undefined && refusal?.problems.some(({ place }) => place === placeOf(key))) show(key);
  }, [refusal]);
}

function show(key: string) {
  const setting = document.querySelector(`[data-setting="${CSS.escape(key)}"]`);
  setting?.scrollIntoView({ block: 'center' });
  const inputs = setting?.querySelectorAll<HTMLElement>('input, select, textarea, button') ?? [];
  const enabled = [...inputs].filter((input) => !input.matches(':disabled'));
  const input = enabled.find((one) => one.ariaInvalid === 'true') ?? enabled[0];
  input?.focus({ preventScroll: true });
}

function isOn(value: unknown): boolean {
  return String(value).toLowerCase() === 'true';
}
