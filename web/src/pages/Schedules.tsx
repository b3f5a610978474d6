/** When runs start by themselves. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { body, client, request } from '../api/client';
import type { Fire, NewEntry, SchedulerStatus } from '../api/types';
import { Badge, Card, Empty, Facts, Loading, Page, When } from '../components/basics';
import { useBusy } from '../components/busy';
import { Toggles } from '../components/choose';
import { ask } from '../components/dialog';
import { SelectField, Switch, TextField } from '../components/fields';
import { Reason } from '../components/finding';
import { Held } from '../components/held';
import { HelpLink } from '../components/help';
import { LogoFields } from '../components/logos';
import { type Column, NOTHING, Table } from '../components/table';
import { NoRunner, Unready } from '../components/unable';
import { firesOf } from '../lib/fires';
import { clock, dayAndClock, inZone, weekday } from '../lib/format';
import { logosOf, type StoredLogos, storedLogos } from '../lib/logos';
import { reasonText } from '../lib/reasons';
import { type Recurring, recurrence } from '../lib/recurrence';
import { useResource } from '../lib/resource';
import { tell } from '../lib/toast';
import { modeName, outcomeText, outcomeTone } from '../lib/words';
import { changed, scheduler } from '../live/state';
import { t } from '../texts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const MODES = ['scheduled', 'testing', 'backup', 'syncjelly', 'syncemby', 'logoupdater'] as const;
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Reads the state anew after a change of ours. */
async function refresh() {
  scheduler.value = body(await client.GET('/api/scheduler/status'));
  changed('schedule');
}

/** An entry of the timetable, as it is stored. */
interface Entry extends Recurring, StoredLogos {
  time: string;
  description?: string;
  cron?: string;
  mode?: string;
}

export default function Schedules() {
  const known = scheduler.value;
  // Which entry is in the form; none: a new one.
  const [editing, setEditing] = useState<number>();
  return (
    <Page title={t('nav.schedules')} help="schedules" actions={known && <RunNow />}>
      {!known ? (
        <Loading />
      ) : (
        <>
          <NoRunner />
          <Held />
          <Unready />
          {known.problem && (
            <div class="notice tone-bad">
              <span>
                <Reason family="wrong" of={known.problem_because} english={known.problem} />
              </span>
            </div>
          )}
          <div class="cards">
            <General of={known} />
            <EntryForm key={editing ?? 'new'} of={known} editing={editing} onDone={() => setEditing(undefined)} />
          </div>
          {!known.enabled && known.schedules.length > 0 && <Off />}
          <Entries of={known} onEdit={setEditing} />
          <Fires of={known.history} zone={known.timezone} />
        </>
      )}
    </Page>
  );
}

function RunNow() {
  const busy = useBusy();
  const run = () => tell(client.POST('/api/scheduler/run-now'), t('schedules.ran'));
  return (
    <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(run())}>
      {t('schedules.run_now')}
    </button>
  );
}

/** Somebody may have added a schedule and not know that all of them are off. */
function Off() {
  const busy = useBusy();
  async function turnOn() {
    await tell(client.POST('/api/scheduler/enable'), t('schedules.are_on'));
    await refresh();
  }
  return (
    <div class="notice tone-warn">
      <span>{t('schedules.off_warning')}</span>
      <button type="button" class="button small" disabled={busy.on} onClick={() => busy.while(turnOn())}>
        {t('schedules.turn_on')}
      </button>
    </div>
  );
}

function General({ of }: { of: SchedulerStatus }) {
  const timetable = useResource(
    (signal) => client.GET('/api/scheduler/config', { signal }).then(body),
    [],
    ['schedule'],
  );
  const config = timetable.data?.config as Record<string, unknown> | undefined;
  const change = async (what: { timezone?: string; skip_if_running?: boolean }) => {
    await tell(client.POST('/api/scheduler/config', { body: what }), t('common.saved'));
    await refresh();
  };
  const toggle = async (on: boolean) => {
    await tell(
      on ? client.POST('/api/scheduler/enable') : client.POST('/api/scheduler/disable'),
      on ? t('schedules.are_on') : t('schedules.are_off'),
    );
    await refresh();
  };
  return (
    <Card title={t('dashboard.all_schedules')}>
      <Switch label={t('schedules.are_on')} on={of.enabled} onValue={toggle} help={t('schedules.off_help')} />
      <Switch
        label={t('schedules.skip')}
        help={t('schedules.skip_help')}
        on={config?.skip_if_running !== false}
        disabled={!config}
        onValue={(on) => change({ skip_if_running: on })}
      />
      <SelectField
        label={t('schedules.zone')}
        help={of.timezone === HERE ? t('schedules.zone_here') : t('schedules.zone_other', { zone: HERE })}
        value={of.timezone}
        onValue={(timezone) => change({ timezone })}
        options={zones(of.timezone)}
      />
      <Facts
        of={[
          [t('dashboard.next'), nextOf(of)],
          [t('schedules.last_run'), of.last_run_at ? <When at={of.last_run_at} /> : t('frame.never')],
        ]}
      />
    </Card>
  );
}

/** When the next run starts, which none does while schedules are off. */
function nextOf({ enabled, next_run: next }: SchedulerStatus) {
  if (!enabled) return t('dashboard.schedules_off');
  return next ? <When at={next} /> : t('dashboard.nothing_planned');
}

function zones(current: string): string[] {
  const all = Intl.supportedValuesOf('timeZone');
  return [...new Set([current, HERE, 'UTC', ...all])];
}

const BLANK = {
  kind: 'daily',
  time: '03:00',
  cron: '30 2 * * MON-FRI',
  days: [] as string[],
  mode: 'scheduled',
  logos: logosOf({}),
  description: '',
};

/** The form's fields for a stored entry. */
function formOf(entry: Entry): typeof BLANK {
  const { time, description, cron, days } = entry;
  return {
    kind: cron ? 'cron' : 'daily',
    time: cron ? BLANK.time : time,
    cron: cron ?? BLANK.cron,
    days: days ?? [],
    mode: modeOf(entry),
    logos: logosOf(entry),
    description: description ?? '',
  };
}

/** What an entry runs; Posterizarr 3.x calls the scheduled run "normal". */
function modeOf({ mode }: Entry): string {
  return !mode || mode === 'normal' ? 'scheduled' : mode;
}

interface EntryFormProps {
  of: SchedulerStatus;
  editing: number | undefined;
  onDone: () => void;
}

function EntryForm({ of, editing, onDone }: EntryFormProps) {
  const entries = entriesOf(of);
  const old = editing === undefined ? undefined : entries[editing];
  const [form, setForm] = useState(old ? formOf(old) : BLANK);
  const busy = useBusy();
  const zone = of.timezone;
  const entry: NewEntry = {
    description: form.description,
    ...(form.kind === 'cron'
      ? { cron: form.cron }
      : { time: form.time, ...(form.days.length ? { days: form.days } : {}) }),
    ...(form.mode === 'scheduled' ? {} : { mode: form.mode }),
    ...(form.mode === 'logoupdater' ? storedLogos(form.logos) : {}),
  };
  const element = useRef<HTMLFormElement>(null);
  // Whoever pressed Edit may not see the form: on a phone it is far above.
  useEffect(() => {
    if (!old) return;
    element.current?.scrollIntoView({ block: 'center' });
    element.current?.querySelector('select')?.focus({ preventScroll: true });
  }, []);
  async function submit(event: Event) {
    event.preventDefault();
    const done = old
      ? await tell(replace(entries, old, entry), t('schedules.changed'))
      : await tell(client.POST('/api/scheduler/schedule', { body: entry }).then(body), t('schedules.added'));
    if (done) setForm({ ...BLANK, kind: form.kind });
    await refresh();
    if (done && old) onDone();
  }
  return (
    <Card title={old ? t('schedules.change', { time: old.cron ?? old.time }) : t('schedules.add')}>
      <form class="stack" ref={element} onSubmit={(event) => busy.while(submit(event))}>
        <div class="fields">
          <SelectField
            label={t('schedules.when')}
            value={form.kind}
            onValue={(kind) => setForm({ ...form, kind })}
            options={[
              ['daily', t('schedules.daily')],
              ['cron', t('schedules.cron')],
            ]}
          />
          {form.kind === 'cron' ? (
            <TextField
              label={t('schedules.cron')}
              help={
                <>
                  {t('schedules.cron_help')} <HelpLink to="words#cron-expression" about={t('schedules.cron')} />
                </>
              }
              class="mono"
              value={form.cron}
              onValue={(cron) => setForm({ ...form, cron })}
              required
            />
          ) : (
            <TextField
              label={t('schedules.time')}
              type="time"
              value={form.time}
              onValue={(time) => setForm({ ...form, time })}
              required
            />
          )}
          <SelectField
            label={t('schedules.what')}
            value={form.mode}
            onValue={(mode) => setForm({ ...form, mode })}
            options={MODES.map((mode) => [mode, modeName(mode)])}
          />
          {form.mode === 'logoupdater' && (
            <LogoFields of={form.logos} onValue={(logos) => setForm({ ...form, logos })} />
          )}
          <TextField
            label={t('schedules.note')}
            value={form.description}
            onValue={(description) => setForm({ ...form, description })}
          />
        </div>
        {form.kind === 'daily' && (
          <div class="row">
            <Toggles
              label={t('schedules.days')}
              values={form.days}
              onValues={(days) => setForm({ ...form, days })}
              options={DAYS.map((day) => ({ value: day, name: weekday(day) }))}
            />
            {form.days.length === 0 && <span class="muted small-text">{t('schedules.every_day')}</span>}
          </div>
        )}
        <Preview entry={entry} zone={zone} />
        <div class="row">
          <button type="submit" class="button primary" disabled={busy.on}>
            {old ? t('common.save') : t('common.add')}
          </button>
          {old && (
            <button type="button" class="button" onClick={onDone}>
              {t('common.cancel')}
            </button>
          )}
        </div>
      </form>
    </Card>
  );
}

/** Puts another entry in the place of one. */
async function replace(entries: readonly Entry[], old: Entry, entry: NewEntry) {
  const name = entry.cron ? (old.cron && old.time !== old.cron ? old.time : entry.cron) : entry.time;
  const schedules = entries.map((one) => (one === old ? { ...entry, time: name } : one));
  // The generated types know entries only as objects.
  return request('POST', '/api/scheduler/config', { body: { schedules } });
}

function Preview({ entry, zone }: { entry: NewEntry; zone: string }) {
  const settled = useSettled(JSON.stringify(entry));
  const preview = useResource(
    (signal) => client.POST('/api/scheduler/preview', { body: JSON.parse(settled) as NewEntry, signal }).then(body),
    [settled, zone],
  );
  if (preview.error) return <p class="problem">{preview.error.message}</p>;
  return <NextFires of={preview.data?.next ?? []} zone={zone} />;
}

/** The value once it has not changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 300);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** The next fires on both clocks: the schedule's and the browser's, where they differ. */
function NextFires({ of, zone }: { of: readonly string[]; zone: string }) {
  if (of.length === 0) return null;
  return (
    <div class="small-text">
      <span class="muted">{t('schedules.next_in_zone', { zone })}</span>
      <ul class="fires">
        {of.map((at) => (
          <li key={at}>
            {dayAndClock(new Date(at), zone)}
            {zone !== HERE && <span class="muted"> {t('schedules.here', { time: clock(new Date(at)) })}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function entriesOf(of: SchedulerStatus): Entry[] {
  return of.schedules as unknown as Entry[];
}

function Entries({ of, onEdit }: { of: SchedulerStatus; onEdit: (index: number) => void }) {
  async function remove(time: string) {
    if (
      !(await ask({
        title: t('schedules.remove_title', { time }),
        text: t('schedules.remove_text'),
        confirm: t('common.remove'),
        danger: true,
      }))
    )
      return;
    await tell(
      client.DELETE('/api/scheduler/schedule/{time}', { params: { path: { time } } }).then(body),
      t('schedules.removed', { time }),
    );
    await refresh();
  }
  const entries = entriesOf(of);
  return (
    <Card title={t('schedules.timetable')}>
      {entries.length === 0 ? (
        <Empty>{t('schedules.none')}</Empty>
      ) : (
        <ul class="list timetable">
          {entries.map((entry, index) => {
            const timer = of.active_jobs.find((job) => job.entry === index);
            const idle = of.not_run.find((job) => job.entry === index);
            const when = recurrence(entry);
            return (
              <li key={`${entry.time} ${entry.cron} ${entry.mode}`} class="entry">
                <strong class={entry.cron ? 'mono' : 'time'}>{entry.cron ?? entry.time}</strong>
                <div class="grow">
                  <div class="row">
                    <span>{modeName(modeOf(entry))}</span>
                    {entry.mode === 'logoupdater' && <span class="muted">{logosTold(entry)}</span>}
                    {when && <Badge>{when}</Badge>}
                    {entry.description && <span class="muted">{entry.description}</span>}
                  </div>
                  {of.enabled && timer && <NextFires of={firesOf([timer])} zone={of.timezone} />}
                  {idle && (
                    <div class="problem">
                      {t('schedules.never_runs', { reason: reasonText('wrong', idle.because, idle.reason) })}
                    </div>
                  )}
                </div>
                {/* The form knows nothing of months and intervals: what it cannot show it must not change. */}
                <div class="row">
                  {!entry.frequency && (
                    <button type="button" class="button small" onClick={() => onEdit(index)}>
                      {t('common.edit')}
                    </button>
                  )}
                  <button type="button" class="button small" onClick={() => remove(entry.time)}>
                    {t('common.remove')}
                  </button>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

function logosTold(entry: Entry): string {
  const { library, change } = logosOf(entry);
  return `${library || t('logos.all')} · ${t(`logos.${change}`)}`;
}

const fireColumns = (zone: string): Column<Fire>[] => [
  {
    name: t('schedules.due'),
    cell: (fire) => (
      <>
        {inZone(new Date(fire.due), zone)} <span class="muted small-text">({fire.time})</span>
      </>
    ),
  },
  { name: t('schedules.what'), plain: true, cell: (fire) => modeName(fire.mode) },
  {
    name: t('schedules.start'),
    cell: (fire) => <Badge tone={outcomeTone(fire.state)}>{outcomeText(fire.state)}</Badge>,
  },
  {
    name: t('schedules.end'),
    cell: (fire) =>
      fire.outcome ? <Badge tone={outcomeTone(fire.outcome)}>{outcomeText(fire.outcome)}</Badge> : NOTHING,
  },
];

function Fires({ of, zone }: { of: readonly Fire[]; zone: string }) {
  return (
    <Card title={t('schedules.past')}>
      {of.length === 0 ? (
        <Empty>{t('schedules.no_past')}</Empty>
      ) : (
        <Table columns={fireColumns(zone)} rows={of.slice(0, 30)} rowKey={(fire) => fire.due + fire.schedule} />
      )}
    </Card>
  );
}
