/** The running job, wherever it is shown: its badge, the buttons that end it. */
import { Link } from 'wouter-preact';
import { body, client } from '../api/client';
import type { Status } from '../api/types';
import { percent } from '../lib/format';
import { tell, toast } from '../lib/toast';
import { modeName, sentence, triggerText } from '../lib/words';
import { refreshStatus, status } from '../live/state';
import { said, t } from '../texts';
import { Badge } from './basics';
import { ask, askWhich } from './dialog';
import { DryRun } from './dryRun';
import { Own } from './finding';

/** In the menu: that something runs, and how far it is. */
export function RunBadge() {
  const known = status.value;
  if (!known?.running) return null;
  const { done, total } = known.progress ?? {};
  return (
    <Badge tone="accent">
      {done !== undefined && total ? percent(Math.floor((done / total) * 100) / 100) : t('run.on')}
    </Badge>
  );
}

/** Who does the runs, and why; where that is the script, a look at what the built-in engine would do. */
export function RunnerLine({ of: { runner } }: { of: Status }) {
  if (!runner.available || !runner.why) return null;
  return (
    <div class="row small-text muted">
      <span class="grow">
        <Own text={said('finding', runner.why_code, runner.why_params)} english={`${sentence(runner.why)}.`} />
      </span>
      {runner.kind !== 'native' && <DryRun mode="normal">{t('run.look_native')}</DryRun>}
    </div>
  );
}

/** What runs, in words: `Normal run, by schedule`; `Sonarr/Radarr trigger, Heat (1995), by webhook`. */
export function runTitle(of: Status): string {
  return [modeName(of.current_mode, of.progress?.dry_run), of.title, triggerText(of.trigger)]
    .filter(Boolean)
    .join(', ');
}

/** `here`: on the page that has the details. */
export function RunButtons({ of, here = false }: { of: Status; here?: boolean }) {
  return (
    <div class="row">
      <button type="button" class="button" onClick={() => stop(of)}>
        {t('run.stop')}
      </button>
      <button type="button" class="button danger" onClick={() => kill(of)}>
        {t('run.kill')}
      </button>
      {of.run_id && !here && (
        <Link class="button" href={`/runs/${of.run_id}`}>
          {t('common.details')}
        </Link>
      )}
    </div>
  );
}

async function stop(of: Status) {
  const answers = [{ label: t('run.stop_confirm'), danger: true }];
  // Without it, the next one that waits starts at once.
  if (!of.held) answers.push({ label: t('hold.stop_and_hold'), danger: true });
  const answer = await askWhich({
    title: t('run.stop_title'),
    text: t('run.stop_text', { run: runTitle(of) }),
    answers,
  });
  if (answer === undefined) return;
  const stopping = client.POST('/api/stop', { params: { query: { hold: answer === 1 } } }).then(body);
  // That it has ended is told by the event.
  const told = await tell(stopping);
  if (told?.success === false) toast(t('run.not_stopped'), 'bad');
  await refreshStatus().catch(() => {});
}

async function kill(of: Status) {
  const sure = await ask({
    title: t('run.kill_title'),
    text: t('run.kill_text', { run: runTitle(of) }),
    confirm: t('run.kill_confirm'),
    danger: true,
  });
  if (sure) await tell(client.POST('/api/force-kill'));
  await refreshStatus().catch(() => {});
}

/** Removes the marker that a crashed script left; the script refuses to start while it is there. */
export async function removeRunningFile() {
  const sure = await ask({
    title: t('run.marker_title'),
    text: t('run.marker_text'),
    confirm: t('common.remove'),
    danger: true,
  });
  if (sure) await tell(client.DELETE('/api/running-file'), t('run.marker_removed'));
  await refreshStatus().catch(() => {});
}
