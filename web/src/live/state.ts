/**
 * What the page knows of the daemon, kept current by the event stream. Pages read these signals and never poll.
 */
import { batch, signal } from '@preact/signals';
import { navigate } from 'wouter-preact/use-browser-location';
import { basePath, body, client } from '../api/client';
import type { Progress, RunRecord, SchedulerStatus, Status, SystemInfo, VersionAnswer } from '../api/types';
import { reasonSaid } from '../lib/reasons';
import { seldom } from '../lib/seldom';
import { toast } from '../lib/toast';
import { modeName, outcomeText } from '../lib/words';
import { t } from '../texts';
import { type Fact, follow } from './stream';

export const status = signal<Status | undefined>();
export const scheduler = signal<SchedulerStatus | undefined>();
export const version = signal<VersionAnswer | undefined>();
export const system = signal<SystemInfo | undefined>();
/** The run that had ended last when everything was read. */
export const lastRun = signal<RunRecord | undefined>();

/** Things that lists on the pages are about; a count goes up when such a list must be read anew. */
export type Topic =
  | 'runs'
  | 'progress'
  | 'queue'
  | 'held'
  | 'schedule'
  | 'webhooks'
  | 'assets'
  | 'config'
  | 'history'
  | 'exports';

const TOPICS_OF: Partial<Record<Fact['type'], Topic[]>> = {
  run_started: ['runs', 'queue'],
  run_finished: ['runs', 'queue', 'assets', 'schedule'],
  queue_changed: ['queue'],
  queue_held: ['held'],
  queue_released: ['held'],
  config_changed: ['config'],
  schedule_fired: ['schedule', 'queue'],
  schedule_missed: ['schedule'],
  webhook_accepted: ['webhooks', 'queue'],
  assets_changed: ['assets'],
  run_recorded: ['history'],
  export_imported: ['exports'],
};

const news: Record<Topic, ReturnType<typeof signal<number>>> = {
  runs: signal(0),
  progress: signal(0),
  queue: signal(0),
  held: signal(0),
  schedule: signal(0),
  webhooks: signal(0),
  assets: signal(0),
  config: signal(0),
  history: signal(0),
  exports: signal(0),
};

/** Subscribes the calling component to a topic: it renders again when the number changes. */
export function newsOf(topics: readonly Topic[]): number {
  return topics.reduce((sum, topic) => sum + (news[topic].value ?? 0), 0);
}

function touch(topics: readonly Topic[]) {
  batch(() => {
    for (const topic of topics) news[topic].value = (news[topic].peek() ?? 0) + 1;
  });
}

/** Lists of a topic are read anew; for changes this page made itself, ahead of the event. */
export function changed(...topics: Topic[]) {
  touch(topics);
}

/** When the status was read last, in milliseconds since 1970. */
let readAt = 0;
/** How old the parts of the status may get that events do not tell, such as the number of errors so far. */
const STATUS_AGE = 15_000;

export async function refreshStatus() {
  readAt = Date.now();
  status.value = body(await client.GET('/api/status'));
}

/** When the machine was looked at last, in milliseconds since 1970. */
let systemAt = 0;
/** How old what is known of the machine may get before a page that shows it asks again. */
const SYSTEM_AGE = 60_000;

/** Brings what is known of the machine up to date; the first time it comes with everything else. */
export async function refreshSystem() {
  if (!system.peek() || Date.now() - systemAt < SYSTEM_AGE) return;
  systemAt = Date.now();
  system.value = body(await client.GET('/api/system-info'));
}

async function refreshScheduler() {
  scheduler.value = body(await client.GET('/api/scheduler/status'));
}

let tellBegun = () => {};
/** Done when everything was read for the first time. */
export const begun = new Promise<void>((resolve) => {
  tellBegun = resolve;
});

async function resync(nothingWasRead = false) {
  const all = body(await client.GET('/api/dashboard/all'));
  batch(() => {
    status.value = all.status;
    scheduler.value = all.scheduler_status;
    version.value = all.version;
    system.value = all.system_info;
    lastRun.value = all.last_run ?? undefined;
    systemAt = Date.now();
    if (!nothingWasRead)
      touch(['runs', 'queue', 'held', 'schedule', 'webhooks', 'assets', 'config', 'history', 'exports']);
  });
  tellBegun();
}

function heard(fact: Fact) {
  touch(TOPICS_OF[fact.type] ?? []);
  switch (fact.type) {
    case 'progress':
      return progressed(fact);
    case 'run_started':
      return void refreshStatus().catch(ignore);
    case 'run_finished':
      toast(
        t('event.finished', { run: modeName(fact.mode), outcome: outcomeText(fact.outcome) }),
        fact.outcome === 'completed' ? 'good' : fact.outcome === 'stopped' ? 'plain' : 'bad',
        { label: t('event.open_run'), run: () => navigate(`${basePath}/runs/${fact.run}`) },
      );
      return void Promise.all([refreshStatus(), refreshScheduler()]).catch(ignore);
    case 'run_not_started':
      // One with a number is told when it is finished.
      if (fact.run == null) void notStarted(fact);
      return;
    case 'queue_changed':
      if (status.value) status.value = { ...status.value, queued: fact.waiting };
      return;
    case 'queue_held':
      if (status.value) status.value = { ...status.value, held: { since: fact.since, by: fact.by ?? null } };
      return;
    case 'queue_released':
      if (status.value) status.value = { ...status.value, held: null };
      return;
    case 'schedule_missed':
      void missed(fact);
      return void refreshScheduler().catch(ignore);
    case 'schedule_fired':
    case 'config_changed':
      return void refreshScheduler().catch(ignore);
    case 'new_version':
      toast(t('event.version', { version: fact.version }), 'plain');
      return;
    case 'actor_restarted':
      toast(t('event.crashed', { part: fact.actor }), 'bad');
      return;
  }
}

type Told<T extends Fact['type']> = Extract<Fact, { type: T }>;

async function notStarted({ mode, because, reason }: Told<'run_not_started'>) {
  toast(
    t('event.not_started', { run: modeName(mode), reason: await reasonSaid('run_reason', because, reason) }),
    'bad',
  );
}

async function missed({ schedule, code, reason }: Told<'schedule_missed'>) {
  toast(t('event.missed', { schedule, reason: await reasonSaid('missed', [{ code }], reason) }), 'bad');
}

/** How often lists of what a run has done are read anew while it goes on, in milliseconds. */
const PROGRESS_SHOWN_EVERY = 2_000;
const progressShown = seldom(() => touch(['progress']), PROGRESS_SHOWN_EVERY);

/** The stream's progress has the essentials; the rest is as the last status had it, which is read anew now and then. */
/** What became of the assets is only told of runs of the engine. */
type ProgressFact = Pick<Extract<Fact, { type: 'progress' }>, 'at' | 'done' | 'total' | 'current'> &
  Partial<Pick<Progress, 'created' | 'skipped' | 'missing' | 'failed'>>;

function progressed(fact: ProgressFact) {
  const known = status.value;
  if (!known?.running || !known.progress || Date.now() - readAt > STATUS_AGE) void refreshStatus().catch(ignore);
  if (known?.progress) status.value = { ...known, progress: advanced(known.progress, fact) };
  progressShown();
}

export function advanced(known: Progress, fact: ProgressFact): Progress {
  const { done, total, current, created, skipped, missing, failed } = fact;
  const results =
    created === undefined ? {} : { created, skipped: skipped ?? 0, missing: missing ?? 0, failed: failed ?? 0 };
  // Both times are the daemon's: the browser's clock may be another.
  const minutes = (Date.parse(fact.at) - Date.parse(known.since)) / 60_000;
  return {
    ...known,
    ...results,
    done,
    total: total ?? null,
    current: current ?? null,
    per_minute: minutes > 0 ? done / minutes : known.per_minute,
  };
}

/** A read that fails is made up for by the next event or the next connection. */
function ignore() {}

/** Starts listening; gives what ends it. */
export function start(): () => void {
  return follow({ fact: heard, resync });
}
