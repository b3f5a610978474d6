/** When runs start by themselves. */
import { useEffect, useState } from 'preact/hooks';
import { body, client, request } from '../api/client';
import type { Fire, NewEntry, SchedulerStatus } from '../api/types';
import { Badge, Card, Empty, Facts, Loading, Page, When } from '../components/basics';
import { Toggles } from '../components/choose';
import { ask } from '../components/dialog';
import { SelectField, Switch, TextField } from '../components/fields';
import { useBusy } from '../components/run';
import { type Column, Table } from '../components/table';
import { tell } from '../components/toast';
import { firesOf } from '../lib/fires';
import { clock, dayAndClock, inZone } from '../lib/format';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone } from '../lib/words';
import { changed, scheduler } from '../live/state';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const MODES = ['scheduled', 'testing', 'backup', 'syncjelly', 'syncemby'] as const;
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Reads the state anew after a change of ours. */
async function refresh() {
  scheduler.value = body(await client.GET('/api/scheduler/status'));
  changed('schedule');
}

/** An entry of the timetable, as it is stored. */
interface Entry {
  time: string;
  description?: string;
  cron?: string;
  days?: string[];
  mode?: string;
}

export default function Schedules() {
  const known = scheduler.value;
  // Which entry is in the form; none: a new one.
  const [editing, setEditing] = useState<number>();
  return (
    <Page title="Schedules" actions={known && <RunNow />}>
      {!known ? (
        <Loading />
      ) : (
        <>
          {known.problem && <div class="notice tone-bad">{known.problem}</div>}
          <div class="cards">
            <General of={known} />
            <EntryForm key={editing ?? 'new'} of={known} editing={editing} onDone={() => setEditing(undefined)} />
          </div>
          <Entries of={known} onEdit={setEditing} />
          <Fires of={known.history} zone={known.timezone} />
        </>
      )}
    </Page>
  );
}

function RunNow() {
  const busy = useBusy();
  const run = () => tell(client.POST('/api/scheduler/run-now').then(body), (done) => done.message);
  return (
    <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(run())}>
      Run now
    </button>
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
    await tell(client.POST('/api/scheduler/config', { body: what }), 'Saved');
    await refresh();
  };
  const toggle = async (on: boolean) => {
    await tell(
      on ? client.POST('/api/scheduler/enable') : client.POST('/api/scheduler/disable'),
      on ? 'Schedules are on' : 'Schedules are off',
    );
    await refresh();
  };
  return (
    <Card title="In general">
      <Switch
        label="Schedules are on"
        on={of.enabled}
        onValue={toggle}
        help="A run that is on goes on when they are switched off."
      />
      <Switch
        label="Skip a fire while a run is on"
        help="Otherwise it waits in the queue."
        on={config?.skip_if_running !== false}
        disabled={!config}
        onValue={(on) => change({ skip_if_running: on })}
      />
      <SelectField
        label="Time zone"
        help={of.timezone === HERE ? 'The zone of this browser.' : `This browser is in ${HERE}.`}
        value={of.timezone}
        onValue={(timezone) => change({ timezone })}
        options={zones(of.timezone)}
      />
      <Facts
        of={[
          ['Next fire', of.next_run ? <When at={of.next_run} /> : 'nothing planned'],
          ['Last run', of.last_run ? <When at={of.last_run} /> : 'never'],
        ]}
      />
    </Card>
  );
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
  description: '',
};

/** The form's fields for a stored entry. */
function formOf({ time, description, cron, days, mode }: Entry): typeof BLANK {
  return {
    kind: cron ? 'cron' : 'daily',
    time: cron ? BLANK.time : time,
    cron: cron ?? BLANK.cron,
    days: days ?? [],
    mode: mode ?? 'scheduled',
    description: description ?? '',
  };
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
  };
  async function submit(event: Event) {
    event.preventDefault();
    const done = old
      ? await tell(replace(entries, old, entry), 'Changed')
      : await tell(client.POST('/api/scheduler/schedule', { body: entry }).then(body), (added) => added.message);
    if (done) setForm({ ...BLANK, kind: form.kind });
    await refresh();
    if (done && old) onDone();
  }
  return (
    <Card title={old ? `Change the schedule ${old.cron ?? old.time}` : 'Add a schedule'}>
      <form class="stack" onSubmit={(event) => busy.while(submit(event))}>
        <div class="fields">
          <SelectField
            label="When"
            value={form.kind}
            onValue={(kind) => setForm({ ...form, kind })}
            options={[
              ['daily', 'At a time of day'],
              ['cron', 'Cron expression'],
            ]}
          />
          {form.kind === 'cron' ? (
            <TextField
              label="Cron expression"
              help="Minute, hour, day, month, weekday."
              class="mono"
              value={form.cron}
              onValue={(cron) => setForm({ ...form, cron })}
              required
            />
          ) : (
            <TextField
              label="Time"
              type="time"
              value={form.time}
              onValue={(time) => setForm({ ...form, time })}
              required
            />
          )}
          <SelectField
            label="What"
            value={form.mode}
            onValue={(mode) => setForm({ ...form, mode })}
            options={MODES.map((mode) => [mode, modeName(mode)])}
          />
          <TextField
            label="Note"
            value={form.description}
            onValue={(description) => setForm({ ...form, description })}
          />
        </div>
        {form.kind === 'daily' && (
          <div class="row">
            <Toggles
              label="Days; none chosen means every day"
              values={form.days}
              onValues={(days) => setForm({ ...form, days })}
              options={DAYS.map((day) => ({ value: day, name: day }))}
            />
            {form.days.length === 0 && <span class="muted small-text">every day</span>}
          </div>
        )}
        <Preview entry={entry} zone={zone} />
        <div class="row">
          <button type="submit" class="button primary" disabled={busy.on}>
            {old ? 'Save' : 'Add'}
          </button>
          {old && (
            <button type="button" class="button" onClick={onDone}>
              Cancel
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
      <span class="muted">Next, {zone}:</span>
      <ul class="fires">
        {of.map((at) => (
          <li key={at}>
            {dayAndClock(new Date(at), zone)}
            {zone !== HERE && <span class="muted"> (here {clock(new Date(at))})</span>}
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
        title: `Remove the schedule ${time}?`,
        text: 'A run that is on goes on.',
        confirm: 'Remove',
        danger: true,
      }))
    )
      return;
    await tell(
      client.DELETE('/api/scheduler/schedule/{time}', { params: { path: { time } } }).then(body),
      `Removed ${time}`,
    );
    await refresh();
  }
  const entries = entriesOf(of);
  return (
    <Card title="Timetable">
      {entries.length === 0 ? (
        <Empty>Nothing is planned. Add a schedule above.</Empty>
      ) : (
        <ul class="list">
          {entries.map((entry, index) => {
            const timer = of.active_jobs.find((job) => job.name.includes(entry.time)) ?? of.active_jobs[index];
            return (
              <li key={`${entry.time} ${entry.cron} ${entry.mode}`} class="entry">
                <strong class={entry.cron ? 'mono' : 'time'}>{entry.cron ?? entry.time}</strong>
                <div class="grow">
                  <div class="row">
                    <span>{modeName(entry.mode ?? 'scheduled')}</span>
                    {entry.days?.length ? <Badge>{entry.days.join(' ')}</Badge> : null}
                    {entry.description && <span class="muted">{entry.description}</span>}
                  </div>
                  {of.enabled && timer && <NextFires of={firesOf([timer])} zone={of.timezone} />}
                </div>
                <button type="button" class="button small" onClick={() => onEdit(index)}>
                  Edit
                </button>
                <button type="button" class="button small" onClick={() => remove(entry.time)}>
                  Remove
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

const fireColumns = (zone: string): Column<Fire>[] => [
  {
    name: 'Meant for',
    cell: (fire) => (
      <>
        {inZone(new Date(fire.due), zone)} <span class="muted small-text">({fire.time})</span>
      </>
    ),
  },
  { name: 'What', plain: true, cell: (fire) => modeName(fire.mode) },
  { name: 'Start', cell: (fire) => <Badge tone={outcomeTone(fire.state)}>{outcomeText(fire.state)}</Badge> },
  {
    name: 'End',
    cell: (fire) => (fire.outcome ? <Badge tone={outcomeTone(fire.outcome)}>{outcomeText(fire.outcome)}</Badge> : '—'),
  },
];

function Fires({ of, zone }: { of: readonly Fire[]; zone: string }) {
  return (
    <Card title="What became of the last fires">
      {of.length === 0 ? (
        <Empty>No schedule has fired yet.</Empty>
      ) : (
        <Table columns={fireColumns(zone)} rows={of.slice(0, 30)} rowKey={(fire) => fire.due + fire.schedule} />
      )}
    </Card>
  );
}
