/** Starting runs, and ending them. */
import { Link } from 'wouter-preact';
import type { Mode } from '../api/types';
import { Badge, Card, Page } from '../components/basics';
import { useBusy } from '../components/busy';
import { ask } from '../components/dialog';
import { DryRun } from '../components/dryRun';
import { RunProgress } from '../components/progress';
import { RunButtons, RunnerLine, removeRunningFile, runTitle } from '../components/run';
import { MissingSteps } from '../components/steps';
import { NoRunner } from '../components/unable';
import { startRun } from '../lib/startRun';
import { modeName } from '../lib/words';
import { status } from '../live/state';
import { type Key, t } from '../texts';
import { LogoRun } from './run/Logos';
import { ManualRun } from './run/ManualRun';
import { ResetPosters } from './run/ResetPosters';
import { Restore } from './run/Restore';
import { TestImages } from './run/TestImages';
import { CurrentWall } from './run/Wall';

interface Choice {
  mode: Mode;
  what: Key;
  needs: Key;
  /** Asked before it starts. */
  question?: Key;
  /** Whether it can be looked at beforehand. */
  dryRuns?: true;
}

const TESTING: Choice = {
  mode: 'testing',
  what: 'run.testing_what',
  needs: 'run.testing_needs',
};

const LIBRARY_RUNS: readonly Choice[] = [
  {
    mode: 'normal',
    what: 'run.normal_what',
    needs: 'run.normal_needs',
    dryRuns: true,
  },
  {
    mode: 'backup',
    what: 'run.backup_what',
    needs: 'run.backup_needs',
    question: 'run.backup_question',
    dryRuns: true,
  },
  {
    mode: 'syncjelly',
    what: 'run.syncjelly_what',
    needs: 'run.syncjelly_needs',
    question: 'run.syncjelly_question',
    dryRuns: true,
  },
  {
    mode: 'syncemby',
    what: 'run.syncemby_what',
    needs: 'run.syncemby_needs',
    question: 'run.syncemby_question',
    dryRuns: true,
  },
];

export default function Run() {
  const known = status.value;
  return (
    <Page title={t('nav.run')} help="first-posters#the-first-run">
      {known?.running && (
        <Card title={runTitle(known)} aside={<Badge tone="accent">{t('common.running')}</Badge>}>
          <RunProgress of={known} />
          <RunButtons of={known} />
          <CurrentWall of={known} />
        </Card>
      )}
      <NoRunner />
      <MissingSteps />
      {known && !known.running && <RunnerLine of={known} />}
      <div class="cards small">
        {LIBRARY_RUNS.map((choice) => (
          <Card title={modeName(choice.mode)} key={choice.mode}>
            <Start of={choice} />
          </Card>
        ))}
      </div>
      <Card title={modeName(TESTING.mode)} aside={<Link href="/library/test">{t('run.all_samples')}</Link>}>
        <div class="testing">
          <div class="stack">
            <Start of={TESTING} />
          </div>
          <TestImages />
        </div>
      </Card>
      <ManualRun />
      <div class="cards pairs">
        <LogoRun />
        <ResetPosters />
        <Restore />
        <Card title={t('run.marker_card')}>
          <p>{t('run.marker_what')}</p>
          <div class="row">
            <button type="button" class="button" disabled={!known?.running_file_exists} onClick={removeRunningFile}>
              {t('run.marker_remove')}
            </button>
            {known && !known.running_file_exists && <span class="muted small-text">{t('run.no_marker')}</span>}
          </div>
        </Card>
      </div>
    </Page>
  );
}

function Start({ of }: { of: Choice }) {
  const busy = useBusy();
  async function start() {
    const title = t('run.start_title', { run: modeName(of.mode) });
    if (of.question && !(await ask({ title, text: t(of.question), confirm: t('run.start_confirm') }))) return;
    await startRun({ mode: of.mode });
  }
  return (
    <>
      <p>{t(of.what)}</p>
      <p class="muted small-text">{t(of.needs)}</p>
      <div class="foot row">
        <button
          type="button"
          class="button primary"
          disabled={busy.on || status.value?.running}
          aria-label={t('run.start', { run: modeName(of.mode) })}
          onClick={() => busy.while(start())}
        >
          {t('run.start_confirm')}
        </button>
        {of.dryRuns && <DryRun mode={of.mode}>{t('common.dry_run')}</DryRun>}
      </div>
    </>
  );
}
