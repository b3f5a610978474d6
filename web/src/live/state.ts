/**
 * What the page knows of the daemon, kept current by the event stream. Pages read these signals and never poll.
 */
import { batch, signal } from '@preact/signals';
import { body, client } from '../api/client';
import type { Progress, SchedulerStatus, Status, SystemInfo, VersionAnswer } from '../api/types';
import { toast } from '../components/toast';
import { modeName, outcomeText } from '../lib/words';
import { type Fact, follow } from './stream';

export const status = signal<Status | undefined>();
export const scheduler = signal<SchedulerStatus | undefined>();
export const version = signal<VersionAnswer | undefined>();
export const system = signal<SystemInfo | undefined>();

/** Things that lists on the pages are about; a count goes up when such a list must be read anew. */
export type Topic = 'runs' | 'queue' | 'schedule' | 'webhooks' | 'assets' | 'config';

const TOPICS_OF: Record<string, Topic[]> = {
  run_started: ['runs', 'queue'],
  run_finished: ['runs', 'queue', 'assets', 'schedule'],
  queue_changed: ['queue'],
  config_changed: ['config'],
  schedule_fired: ['schedule', 'queue'],
  schedule_missed: ['schedule'],
  webhook_accepted: ['webhooks', 'queue'],
  assets_changed: ['assets'],
};

const news: Record<Topic, ReturnType<typeof signal<number>>> = {
  runs: signal(0),
  queue: signal(0),
  schedule: signal(0),
  webhooks: signal(0),
  assets: signal(0),
  config: signal(0),
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

async function resync(nothingWasRead = false) {
  const all = body(await client.GET('/api/dashboard/all'));
  batch(() => {
    status.value = all.status;
    scheduler.value = all.scheduler_status;
    version.value = all.version;
    system.value = all.system_info;
    systemAt = Date.now();
    if (!nothingWasRead) touch(['runs', 'queue', 'schedule', 'webhooks', 'assets', 'config']);
  });
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
        `${modeName(String(fact.mode))}: ${outcomeText(String(fact.outcome))}`,
        fact.outcome === 'completed' ? 'good' : 'bad',
      );
      return void Promise.all([refreshStatus(), refreshScheduler()]).catch(ignore);
    case 'queue_changed':
      if (status.value) status.value = { ...status.value, queued: Number(fact.waiting) };
      return;
    case 'schedule_missed':
      toast(`The scheduled run ${String(fact.schedule)} did not take place: ${String(fact.reason)}`, 'bad');
      return void refreshScheduler().catch(ignore);
    case 'schedule_fired':
    case 'config_changed':
      return void refreshScheduler().catch(ignore);
    case 'new_version':
      toast(`Version ${String(fact.version)} of Posterizarr is out`, 'plain');
      return;
    case 'actor_restarted':
      toast(`A part of the daemon (${String(fact.actor)}) crashed and was restarted; the log tells why`, 'bad');
      return;
  }
}

/** The stream's progress has the essentials; the rest is as the last status had it, which is read anew now and then. */
function progressed(fact: Fact) {
  const known = status.value;
  if (!known?.running || !known.progress || Date.now() - readAt > STATUS_AGE) void refreshStatus().catch(ignore);
  if (known?.progress) status.value = { ...known, progress: advanced(known.progress, fact) };
}

export function advanced(known: Progress, fact: Fact): Progress {
  const { done, total, current } = fact as unknown as Pick<Progress, 'done' | 'total' | 'current'>;
  // Both times are the daemon's: the browser's clock may be another.
  const minutes = (Date.parse(fact.at) - Date.parse(known.since)) / 60_000;
  return {
    ...known,
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
