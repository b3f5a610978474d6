/** The daemon's own settings: how each stands, what set it, what it does. Those that are safe to change from here are changed here. */
import { useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { type ApiError, body, client } from '../../api/client';
import { Badge, Card, Empty, Loaded, Problem, Told } from '../../components/basics';
import { Search, Toggles } from '../../components/choose';
import { SelectField, Switch, TextField } from '../../components/fields';
import { daemonEdits } from '../../lib/edits';
import { asError } from '../../lib/errors';
import { useResource } from '../../lib/resource';
import { matcher } from '../../lib/search';
import { settingTexts } from '../../lib/settingTexts';
import { toast } from '../../lib/toast';
import { type Catalogue, language, rich, t, word } from '../../texts';
import { DaemonSample } from './DaemonSample';

export type DaemonSetting = components['schemas']['DaemonSetting'];
type DaemonSettings = components['schemas']['DaemonSettings'];

export function Daemon() {
  const settings = useResource((signal) => client.GET('/api/settings', { signal }).then(body));
  const texts = useResource(() => settingTexts(language()), [language()]);
  return (
    <Loaded of={settings}>
      {(of) => <Loaded of={texts}>{(own) => <Editor of={of} texts={own} reload={settings.reload} />}</Loaded>}
    </Loaded>
  );
}

function Editor({ of, texts, reload }: { of: DaemonSettings; texts: Catalogue; reload: () => void }) {
  const edits = daemonEdits.value;
  const [search, setSearch] = useState('');
  const [only, setOnly] = useState<'set'[]>([]);
  const [error, setError] = useState<ApiError>();
  const fits = matcher(search.trim());
  const helpOf = ({ key, help }: DaemonSetting) => texts[`daemon.${key}`]?.() ?? help;
  const shown = of.settings
    .filter(({ source }) => only.length === 0 || source !== 'default')
    .filter((setting) => fits(`${setting.key} ${setting.help} ${helpOf(setting)} ${setting.variable}`));
  const changed = Object.keys(edits).length;

  function set(setting: DaemonSetting, value: string | null) {
    setError(undefined);
    const { [setting.key]: _, ...others } = edits;
    daemonEdits.value = value === standing(setting) ? others : { ...others, [setting.key]: value };
  }

  async function save() {
    try {
      const saved = await client.PUT('/api/settings', { body: { settings: edits } }).then(body);
      const waits = saved.settings.some(({ key, waits }) => key in edits && waits);
      toast(t(waits ? 'daemon.saved_for_next_start' : 'daemon.saved', { n: changed }), 'good');
      daemonEdits.value = {};
      reload();
    } catch (cause) {
      setError(asError(cause));
    }
  }

  return (
    <>
      <p>
        {rich(of.file_read ? 'daemon.about' : 'daemon.about_new', { file: () => <code>{of.file}</code> })}{' '}
        {t('daemon.order')}
      </p>
      <div class="row">
        <Search label={t('daemon.search')} value={search} onValue={setSearch} />
        <Toggles
          label={t('daemon.filter')}
          options={[{ value: 'set', name: t('daemon.only_set') }]}
          values={only}
          onValues={setOnly}
        />
      </div>
      {error && <Problem error={error} />}
      {shown.length === 0 && <Empty>{t('settings.no_match')}</Empty>}
      {sections(shown).map(([name, settings]) => (
        <Card key={name} title={name === '' ? t('daemon.general') : `[${name}]`}>
          {(name === 'drawing' || name === 'artwork') && (
            <DaemonSample section={name} settings={of.settings} edits={edits} />
          )}
          <dl class="daemon-settings">
            {settings.map((setting) => (
              <One
                key={setting.key}
                of={setting}
                help={texts[`daemon.${setting.key}`]?.()}
                edit={edits[setting.key]}
                problem={error?.problems.find(({ place }) => place === `body.settings.${setting.key}`)?.reason}
                onValue={(value) => set(setting, value)}
              />
            ))}
          </dl>
        </Card>
      ))}
      {changed > 0 && (
        <div class="save-bar">
          <span class="grow">{t('settings.unsaved', { n: changed })}</span>
          <button
            type="button"
            class="button"
            onClick={() => {
              setError(undefined);
              daemonEdits.value = {};
            }}
          >
            {t('settings.discard')}
          </button>
          <button type="button" class="button primary" onClick={save}>
            {t('common.save')}
          </button>
        </div>
      )}
    </>
  );
}

/** What is saved: what holds, or what will from the next start on. */
function standing({ value, waits, next }: DaemonSetting): string | null {
  return (waits ? next : value) ?? null;
}

interface OneProps {
  of: DaemonSetting;
  /** In the reader's language; undefined: there is none but the daemon's own, which is English. */
  help: string | undefined;
  /** What it was changed to, null for what holds without what is saved; undefined: it was not changed. */
  edit: string | null | undefined;
  problem: string | undefined;
  onValue: (value: string | null) => void;
}

function One({ of, help, edit, problem, onValue }: OneProps) {
  const isSet = of.source !== 'default';
  return (
    <div data-setting={of.key}>
      <dt>
        {!of.takes_effect && <code>{of.key}</code>}
        {isSet && <Badge tone="accent">{word('setting_source', of.source)}</Badge>}
      </dt>
      <dd>
        {of.takes_effect ? (
          <Editable of={of} help={help} edit={edit} problem={problem} onValue={onValue} />
        ) : (
          <>
            <p class="help">{help ?? <Told>{of.help}</Told>}</p>
            <p class="row">
              <strong>
                <code>{of.value ?? defaultOf(of.default)}</code>
              </strong>
              {of.set_by && (
                <span class="muted">{rich('daemon.set_by', { name: () => <code>{of.set_by}</code> })}</span>
              )}
            </p>
          </>
        )}
        {of.waits && <p class="notice tone-warn">{t('daemon.waits', { value: of.next ?? defaultOf(of.default) })}</p>}
        <p class="muted small-text">
          {of.takes_effect && `${t(of.takes_effect === 'next_run' ? 'daemon.next_run' : 'daemon.next_start')} `}
          {(isSet || of.takes_effect) && `${t('daemon.default', { value: defaultOf(of.default) })} · `}
          <code>{of.variable}</code> · <code>{of.form ? `${of.flag} ${of.form}` : of.flag}</code>
        </p>
      </dd>
    </div>
  );
}

/** A value as it is written, but for the two words that every language has. */
function nameOf(choice: string): string {
  if (choice === 'on') return t('dashboard.on');
  return choice === 'off' ? t('dashboard.off') : choice;
}

/** Values that are words of which one is chosen. */
const WORDS = /^[a-z_]+(\|[a-z_]+)+$/;

function Editable({ of, help: own, edit, problem, onValue }: OneProps) {
  const now = edit === undefined ? standing(of) : edit;
  const usual = of.default.split(' ')[0] ?? '';
  const help = own ?? <Told>{of.help}</Told>;
  const choices = WORDS.test(of.form) ? of.form.split('|') : undefined;
  return (
    <>
      {of.form === '' ? (
        <Switch
          label={of.key}
          help={help}
          problem={problem}
          on={(now ?? usual) === 'true'}
          onValue={(on) => onValue(String(on))}
        />
      ) : choices ? (
        <SelectField
          label={of.key}
          help={help}
          problem={problem}
          value={now ?? usual}
          // What is set may be more than a word, such as `blur 40%`.
          options={[...new Set([...choices, now ?? usual])].map((choice) => [choice, nameOf(choice)])}
          onValue={onValue}
        />
      ) : (
        <TextField
          label={of.key}
          help={help}
          problem={problem}
          value={now ?? ''}
          placeholder={defaultOf(of.default)}
          onValue={(value) => onValue(value === '' ? null : value)}
        />
      )}
      {of.saved && edit !== null && (
        <button type="button" class="button quiet" onClick={() => onValue(null)}>
          {t('daemon.take_back')}
        </button>
      )}
    </>
  );
}

/** By the tables of the file, as they come. */
function sections(settings: readonly DaemonSetting[]): [name: string, settings: DaemonSetting[]][] {
  const found = new Map<string, DaemonSetting[]>();
  for (const setting of settings) {
    const name = setting.key.includes('.') ? (setting.key.split('.')[0] ?? '') : '';
    found.set(name, [...(found.get(name) ?? []), setting]);
  }
  return [...found];
}

/** A default in words, where it is nothing. */
function defaultOf(text: string): string {
  return text === '' || text === 'none' ? t('settings.none') : nameOf(text);
}
