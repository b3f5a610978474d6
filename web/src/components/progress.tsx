/** How far something is: the bar, and that of the run that is on. */
import type { Progress, Status } from '../api/types';
import { now } from '../lib/clock';
import { clock, duration, number } from '../lib/format';
import { t } from '../texts';
import { Badge } from './basics';

interface MeterProps {
  label: string;
  value: number;
  /** Absent: how much there is to do is not known. */
  max?: number | null | undefined;
}

export function Meter({ label, value, max }: MeterProps) {
  const known = typeof max === 'number' && max > 0;
  const percent = known ? Math.min(100, (value / max) * 100) : undefined;
  return (
    <div
      class={known ? 'meter' : 'meter unknown'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={known ? max : undefined}
      aria-valuenow={known ? value : undefined}
    >
      <div class="meter-bar" style={{ width: percent === undefined ? '30%' : `${percent}%` }} />
    </div>
  );
}

export function RunProgress({ of }: { of: Status }) {
  const progress = of.progress;
  return (
    <div class="stack">
      <Meter label={t('run.progress')} value={progress?.done ?? 0} max={progress?.total} />
      <div class="row small-text muted nowrap">
        <span class="grow truncate">{progress?.current ?? progress?.phase ?? t('run.getting_ready')}</span>
        <span>{counted(progress)}</span>
      </div>
      <Timing of={of} />
    </div>
  );
}

function counted(progress: Progress | null | undefined): string {
  if (!progress) return '';
  return progress.total
    ? t('common.of', { done: number(progress.done), total: number(progress.total) })
    : t('run.items', { n: progress.done });
}

function Timing({ of }: { of: Status }) {
  const progress = of.progress;
  // The status's own `start_time` has no zone, and the daemon's may be another one than the browser's.
  const started = progress ? Date.parse(progress.since) : undefined;
  const left =
    progress?.total && progress.per_minute > 0
      ? ((progress.total - progress.done) / progress.per_minute) * 60
      : undefined;
  return (
    <div class="row small-text">
      {started && <span class="muted">{t('run.since', { time: clock(new Date(started)) })}</span>}
      {started && <Badge>{t('run.so_far', { time: duration((now.value - started) / 1000) })}</Badge>}
      {progress && progress.per_minute > 0 && (
        <Badge>{t('run.per_minute', { n: Math.round(progress.per_minute) })}</Badge>
      )}
      {left !== undefined && <Badge tone="accent">{t('run.left', { time: duration(left) })}</Badge>}
      {progress && progress.warnings > 0 && <Badge tone="warn">{t('run.warnings', { n: progress.warnings })}</Badge>}
      {progress && progress.errors > 0 && <Badge tone="bad">{t('run.errors', { n: progress.errors })}</Badge>}
    </div>
  );
}
