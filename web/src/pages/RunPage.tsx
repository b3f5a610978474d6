/** One run: what it was, how far it is or how it ended, what became of its assets, what it printed. */
import { useLocation, useParams } from 'wouter-preact';
import { body, client } from '../api/client';
import type { RunRecord } from '../api/types';
import { Badge, Card, Facts, Loaded, Page, When } from '../components/basics';
import { useBusy } from '../components/busy';
import { Reason } from '../components/finding';
import { RunProgress } from '../components/progress';
import { RunButtons } from '../components/run';
import { tellsAssets } from '../lib/assets';
import { bytes, duration, exact } from '../lib/format';
import { useResource } from '../lib/resource';
import { forReal, startRun } from '../lib/startRun';
import { outcomeText, outcomeTone, plainReason, runName, triggerText } from '../lib/words';
import { status } from '../live/state';
import { t } from '../texts';
import { Assets } from './run/Assets';
import { Output } from './run/Output';
import { Wall } from './run/Wall';

export default function RunPage() {
  const { id: given = '' } = useParams<{ id: string }>();
  const id = Number(given);
  return Number.isSafeInteger(id) && id > 0 ? <Known id={id} /> : <Unknown given={given} />;
}

function Unknown({ given }: { given: string }) {
  return (
    <Page title={t('run.unknown')}>
      <div class="notice tone-bad" role="alert">
        {t('run.no_number', { given })}
      </div>
    </Page>
  );
}

function Known({ id }: { id: number }) {
  const run = useResource(
    (signal) => client.GET('/api/runs/{id}', { params: { path: { id } }, signal }).then(body),
    [id],
    ['runs'],
  );
  const of = run.data;
  return (
    <Page
      title={t('run.title', { id })}
      help="words#outcome"
      actions={of?.dry_run && of.ended && <MakeThese of={of} />}
    >
      <Loaded of={run}>
        {(of) => (
          <>
            <About of={of} />
            {tellsAssets(of) && <Assets of={of} />}
            <Card title={t('run.output')}>
              <Facts of={details(of)} />
              <Output of={of} />
            </Card>
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** Starts the run that a dry run was of. */
function MakeThese({ of }: { of: RunRecord }) {
  const busy = useBusy();
  const [, navigate] = useLocation();
  const wanted = forReal(of);
  if (!wanted) return null;
  async function start(mode: NonNullable<typeof wanted>) {
    const id = await startRun(mode);
    if (id !== undefined) navigate(`/runs/${id}`);
  }
  return (
    <button
      type="button"
      class="button primary"
      disabled={busy.on || status.value?.running}
      onClick={() => busy.while(start(wanted))}
    >
      {t('run.make_these')}
    </button>
  );
}

function About({ of }: { of: RunRecord }) {
  const known = status.value;
  const isOn = known?.running && known.run_id === of.id;
  return (
    <Card title={runName(of)} aside={<Badge tone={outcomeTone(of.outcome)}>{outcomeText(of.outcome)}</Badge>}>
      {of.dry_run && <p>{t('run.dry_run')}</p>}
      {isOn && (
        <>
          <RunProgress of={known} />
          <RunButtons of={known} here />
        </>
      )}
      {tellsAssets(of) && <Wall run={of.id} />}
      {of.reason && (
        <div class="notice">
          <Reason family="run_reason" of={of.because} english={plainReason(of.reason)} />
        </div>
      )}
      <Facts of={times(of)} />
    </Card>
  );
}

type Fact = Parameters<typeof Facts>[0]['of'][number];

function times(of: RunRecord): Fact[] {
  const took = of.ended ? (new Date(of.ended).getTime() - new Date(of.started).getTime()) / 1000 : undefined;
  return [
    [
      t('run.started_at'),
      <span key="s">
        {exact(new Date(of.started))} (<When at={of.started} />
        ), {triggerText(of.trigger)}
      </span>,
    ],
    ...(took === undefined ? [] : ([[t('run.took'), duration(took)]] as Fact[])),
    [t('run.by'), of.native ? t('run.by_engine') : t('run.by_script')],
  ];
}

/** What is looked at where something went wrong. */
function details(of: RunRecord): Fact[] {
  return [
    [t('run.arguments'), <code key="a">{of.arguments.join(' ') || '—'}</code>],
    ...(of.job ? ([[t('run.job'), of.job]] as Fact[]) : []),
    ...(of.adopted ? ([[t('run.restart'), t('run.restarted')]] as Fact[]) : []),
    ...(of.ended
      ? ([
          [t('run.exit'), of.signal ? t('run.signal', { n: of.signal }) : (of.exit_code ?? '—')],
          [t('run.peak_memory'), of.peak_memory_bytes ? bytes(of.peak_memory_bytes) : '—'],
          [t('run.cpu_time'), duration(of.cpu_seconds)],
        ] as Fact[])
      : []),
  ];
}
