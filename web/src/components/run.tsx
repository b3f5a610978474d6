/** The running job, wherever it is shown: its badge, its progress, the buttons that end it. */
import { useEffect, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { body, client } from '../api/client';
import type { Progress, Status } from '../api/types';
import { now } from '../lib/clock';
import { clock, duration } from '../lib/format';
import { modeName, plural, triggerText } from '../lib/words';
import { refreshStatus, status } from '../live/state';
import { Badge, Meter } from './basics';
import { ask } from './dialog';
import { tell } from './toast';

/** In the menu: that something runs, and how far it is. */
export function RunBadge() {
  const known = status.value;
  if (!known?.running) return null;
  const { done, total } = known.progress ?? {};
  return <Badge tone="accent">{done !== undefined && total ? `${Math.floor((done / total) * 100)} %` : 'on'}</Badge>;
}

export function RunProgress({ of }: { of: Status }) {
  const progress = of.progress;
  return (
    <div class="stack">
      <Meter label="Progress of the run" value={progress?.done ?? 0} max={progress?.total} />
      <div class="row small-text muted">
        <span class="grow truncate">{progress?.current ?? progress?.phase ?? 'getting ready'}</span>
        <span>{counted(progress)}</span>
      </div>
      <Timing of={of} />
    </div>
  );
}

function counted(progress: Progress | null | undefined): string {
  if (!progress) return '';
  return progress.total
    ? `${progress.done.toLocaleString()} of ${progress.total.toLocaleString()}`
    : plural(progress.done, 'item');
}

function Timing({ of }: { of: Status }) {
  const started = of.start_time ? new Date(of.start_time).getTime() : undefined;
  const progress = of.progress;
  const left =
    progress?.total && progress.per_minute > 0
      ? ((progress.total - progress.done) / progress.per_minute) * 60
      : undefined;
  return (
    <div class="row small-text">
      {started && <span class="muted">since {clock(new Date(started))}</span>}
      {started && <Badge>{duration((now.value - started) / 1000)} so far</Badge>}
      {progress && progress.per_minute > 0 && <Badge>{progress.per_minute.toFixed(0)} a minute</Badge>}
      {left !== undefined && <Badge tone="accent">about {duration(left)} left</Badge>}
      {progress && progress.warnings > 0 && <Badge tone="warn">{plural(progress.warnings, 'warning')}</Badge>}
      {progress && progress.errors > 0 && <Badge tone="bad">{plural(progress.errors, 'error')}</Badge>}
    </div>
  );
}

/** What runs, in words: `Normal run, by schedule`. */
export function runTitle(of: Status): string {
  return [modeName(of.current_mode), triggerText(of.trigger)].filter(Boolean).join(', ');
}

export function RunButtons({ of }: { of: Status }) {
  const busy = useBusy();
  return (
    <div class="row">
      <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(stop(of))}>
        {busy.on ? 'Stopping…' : 'Stop'}
      </button>
      <button type="button" class="button danger" onClick={() => kill(of)}>
        Kill
      </button>
      {of.run_id && (
        <Link class="button" href={`/runs/${of.run_id}`}>
          Details
        </Link>
      )}
    </div>
  );
}

async function stop(of: Status) {
  const sure = await ask({
    title: 'Stop this run?',
    text: `${runTitle(of)} is asked to end; what it has made so far stays.`,
    confirm: 'Stop the run',
    danger: true,
  });
  if (sure) await tell(client.POST('/api/stop').then(body), (done) => done.message);
  await refreshStatus().catch(() => {});
}

async function kill(of: Status) {
  const sure = await ask({
    title: 'Kill this run?',
    text: `${runTitle(of)} is ended at once, with all its processes. A picture it is writing may be lost. Stop is the gentler way.`,
    confirm: 'Kill the run',
    danger: true,
  });
  if (sure) await tell(client.POST('/api/force-kill').then(body), (done) => done.message);
  await refreshStatus().catch(() => {});
}

/** Removes the marker that a crashed script left; the script refuses to start while it is there. */
export async function removeRunningFile() {
  const sure = await ask({
    title: 'Remove the running file?',
    text: 'Posterizarr leaves this file while it runs and refuses to start next to it. Remove it only if no Posterizarr runs anywhere on this folder.',
    confirm: 'Remove it',
    danger: true,
  });
  if (sure) await tell(client.DELETE('/api/running-file').then(body), (done) => done.message);
  await refreshStatus().catch(() => {});
}

/** Whether work is going on that a button started; the button waits meanwhile. */
export function useBusy() {
  const [on, setOn] = useState(false);
  const [mounted] = useState({ current: true });
  useEffect(
    () => () => {
      mounted.current = false;
    },
    [mounted],
  );
  return {
    on,
    while: async (work: Promise<unknown>) => {
      setOn(true);
      try {
        await work;
      } finally {
        if (mounted.current) setOn(false);
      }
    },
  };
}
