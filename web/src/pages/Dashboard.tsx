/** What a user opens to see that everything is well. */
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { address, body, client } from '../api/client';
import type { Status } from '../api/types';
import { Badge, Card, Empty, Facts, Loaded, Loading, Meter, Page, When } from '../components/basics';
import { RunButtons, RunProgress, removeRunningFile, runTitle } from '../components/run';
import { firesOf } from '../lib/fires';
import { bytes, dayAndClock, duration, inZone, memory } from '../lib/format';
import { CATEGORIES, CATEGORY_NAMES, overviewCounts, type RecentAsset, recentAssets, thumbnail } from '../lib/library';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone, plural, triggerText } from '../lib/words';
import { refreshSystem, scheduler, status, system } from '../live/state';

export default function Dashboard() {
  return (
    <Page title="Dashboard">
      <RunCard />
      <div class="cards small">
        <ScheduleCard />
        <ProblemsCard />
        <WebhooksCard />
        <MachineCard />
      </div>
      <RecentCard />
    </Page>
  );
}

function RunCard() {
  const known = status.value;
  if (!known) return null;
  return (
    <Card
      title={known.running ? runTitle(known) : 'Nothing runs'}
      aside={known.running ? <Badge tone="accent">running</Badge> : <Badge tone="good">idle</Badge>}
      class="run-card"
    >
      {known.running ? (
        <>
          <RunProgress of={known} />
          <RunButtons of={known} />
        </>
      ) : (
        <LastRun />
      )}
      {known.queued > 0 && <Queue length={known.queued} />}
      <Troubles of={known} />
    </Card>
  );
}

/** Who waits: the first ones by name. */
function Queue({ length }: { length: number }) {
  const query = { state: 'waiting', limit: 3 };
  const queue = useResource(
    (signal) => client.GET('/api/triggers', { params: { query }, signal }).then(body),
    [],
    ['queue'],
  );
  const waiting = queue.data?.triggers ?? [];
  return (
    <div>
      <Link href="/triggers">{plural(length, 'job')}</Link> in the queue
      {waiting.length === 0 ? '.' : waiting.length < length ? ', first:' : ':'}
      <ul class="plain-list small-text">
        {waiting.map((job) => (
          <li key={job.id}>
            {modeName(job.mode)}{' '}
            <span class="muted">
              {triggerText(job.trigger)}, <When at={job.not_before} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function LastRun() {
  const runs = useResource(
    (signal) => client.GET('/api/runs', { params: { query: { limit: 1 } }, signal }).then(body),
    [],
    ['runs'],
  );
  const last = runs.data?.runs[0];
  if (runs.data && !last) return <FirstSteps />;
  return (
    <div class="row last-run">
      <p class="grow">
        {last && (
          <>
            Last: <Link href={`/runs/${last.id}`}>{modeName(last.mode)}</Link>{' '}
            <Badge tone={outcomeTone(last.outcome)}>{outcomeText(last.outcome)}</Badge>{' '}
            <When at={last.ended ?? last.started} />
            {last.reason && <span class="muted"> — {last.reason}</span>}
          </>
        )}
      </p>
      <Link class="button primary" href="/run">
        Start a run
      </Link>
    </div>
  );
}

/** What somebody does who has never had a run. */
function FirstSteps() {
  return (
    <>
      <p>No run yet. This is how to begin:</p>
      <ol class="steps">
        <li>
          <Link href="/run">Start a Testing run</Link>: it needs nothing, and shows how pictures come out.
        </li>
        <li>
          Tell where your <Link href="/settings/media-servers">media server</Link> is, and the{' '}
          <Link href="/settings/service-apis">keys of the providers</Link> that pictures come from.
        </li>
        <li>
          Choose <Link href="/settings/visuals">overlays and fonts</Link>; a sample shows each change at once.
        </li>
        <li>
          <Link href="/schedules">Plan runs</Link>, or have <Link href="/triggers">Sonarr, Radarr or Tautulli</Link>{' '}
          start them.
        </li>
      </ol>
    </>
  );
}

function Troubles({ of }: { of: Status }) {
  return (
    <>
      {!of.runner.available && (
        <div class="notice tone-bad">No run can start: {of.runner.reason ?? 'no runner was found'}</div>
      )}
      {!of.config_exists && (
        <div class="notice tone-bad">
          There is no config.json yet. <Link href="/settings">Fill in the settings.</Link>
        </div>
      )}
      {of.already_running_detected && (
        <div class="notice tone-warn">
          The script ended because another one seemed to run.
          <button type="button" class="button small" onClick={removeRunningFile}>
            Remove the running file
          </button>
        </div>
      )}
    </>
  );
}

function ScheduleCard() {
  const known = scheduler.value;
  if (!known) return null;
  const last = known.history[0];
  const then = firesOf(known.active_jobs).slice(1, 4);
  return (
    <Card
      title="Schedule"
      aside={<Badge tone={known.enabled ? 'good' : 'plain'}>{known.enabled ? 'on' : 'off'}</Badge>}
    >
      {known.problem && <div class="notice tone-bad">{known.problem}</div>}
      <Facts
        of={[
          [
            'Next',
            known.next_run ? (
              <>
                <When at={known.next_run} />
                <br />
                <span class="muted small-text">
                  {inZone(new Date(known.next_run), known.timezone)} ({known.timezone})
                </span>
              </>
            ) : (
              'nothing planned'
            ),
          ],
          ...(then.length ? ([['Then', <Then key="t" of={then} zone={known.timezone} />]] as const) : []),
          [
            'Last',
            last ? (
              <>
                <When at={last.due} />{' '}
                <Badge tone={outcomeTone(last.outcome ?? last.state)}>{outcomeText(last.outcome ?? last.state)}</Badge>
              </>
            ) : (
              'never'
            ),
          ],
        ]}
      />
      <Link class="foot" href="/schedules">
        All schedules
      </Link>
    </Card>
  );
}

function Then({ of, zone }: { of: readonly string[]; zone: string }) {
  return (
    <ul class="plain-list small-text">
      {of.map((at) => (
        <li key={at}>{dayAndClock(new Date(at), zone)}</li>
      ))}
    </ul>
  );
}

const PROBLEMS = CATEGORIES.filter((category) => category !== 'resolved');

function ProblemsCard() {
  const counts = useResource(overviewCounts, [], ['assets']);
  return (
    <Card title="Action Center">
      <Loaded of={counts}>
        {(of) =>
          of.assets_with_issues === 0 ? (
            <Empty>No picture needs attention.</Empty>
          ) : (
            <ul class="counts">
              {PROBLEMS.map((category) => (
                <li key={category}>
                  <Link href={`/actions/${category}`}>{CATEGORY_NAMES[category]}</Link>
                  <strong>{of[category].toLocaleString()}</strong>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Link class="foot" href="/actions">
        Open the Action Center
      </Link>
    </Card>
  );
}

function WebhooksCard() {
  const query = { limit: 4, payloads: false };
  const received = useResource(
    (signal) => client.GET('/api/webhooks', { params: { query }, signal }).then(body),
    [],
    ['webhooks'],
  );
  return (
    <Card title="Last webhooks">
      <Loaded of={received}>
        {({ webhooks }) =>
          webhooks.length === 0 ? (
            <Empty>
              None yet. <Link href="/triggers">Set up Sonarr, Radarr or Tautulli.</Link>
            </Empty>
          ) : (
            <ul class="list">
              {webhooks.map((webhook) => (
                <li key={webhook.id}>
                  <div class="grow">
                    {webhook.source} {webhook.event}
                    <div class="muted small-text">
                      <When at={webhook.at} />
                    </div>
                  </div>
                  <Badge tone={outcomeTone(webhook.verdict)}>{webhook.verdict}</Badge>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Link class="foot" href="/triggers">
        All triggers
      </Link>
    </Card>
  );
}

function MachineCard() {
  useEffect(() => void refreshSystem().catch(() => {}), []);
  const of = system.value;
  const health = useResource((signal) => client.GET('/api/health', { signal }).then(body), [], ['runs']);
  const own = useResource((signal) => client.GET('/api/footprint', { signal }).then(body), [], ['runs']);
  return (
    <Card
      title="Machine"
      aside={
        health.data && (
          <Badge tone={health.data.status === 'ok' ? 'good' : health.data.status === 'degraded' ? 'warn' : 'bad'}>
            {health.data.status}
          </Badge>
        )
      }
    >
      {of ? (
        <Facts
          of={[
            [
              'Memory',
              <Used
                key="m"
                label="Memory in use"
                percent={of.memory_percent}
                text={`${memory(of.used_memory)} of ${memory(of.total_memory)}`}
              />,
            ],
            ['Disk', own.data ? <Disk free={own.data.disk_free_bytes} total={own.data.disk_total_bytes} /> : '…'],
            ['Daemon', own.data?.memory_bytes ? `${bytes(own.data.memory_bytes)} of memory` : '…'],
            ['Version', health.data?.version ?? '…'],
            ['Up for', health.data ? duration(health.data.uptime_seconds) : '…'],
            ['Processor', `${of.cpu_model}, ${plural(of.cpu_cores, 'core')}`],
            ['System', of.os_version],
          ]}
        />
      ) : (
        <Loading />
      )}
    </Card>
  );
}

function Disk({ free, total }: { free?: number | null | undefined; total?: number | null | undefined }) {
  if (!total || typeof free !== 'number') return <>not known</>;
  return (
    <Used label="Disk in use" percent={(1 - free / total) * 100} text={`${bytes(free)} free of ${bytes(total)}`} />
  );
}

function Used({ label, percent, text }: { label: string; percent: number; text: string }) {
  return (
    <>
      {text}
      <Meter label={label} value={percent} max={100} />
    </>
  );
}

/** As many as a wide window has room for; the library has them all. */
const SHOWN = 12;

function RecentCard() {
  const recent = useResource(recentAssets, [], ['assets']);
  return (
    <Card title="Recently made" aside={<Link href="/library">Library</Link>}>
      <Loaded of={recent}>
        {(assets) =>
          assets.length === 0 ? (
            <Empty>Pictures of the next run show up here.</Empty>
          ) : (
            <ul class="shelf">
              {assets.slice(0, SHOWN).map((asset) => (
                <li key={asset.poster_url}>
                  <Recent of={asset} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Recent({ of }: { of: RecentAsset }) {
  return (
    <a href={address(of.poster_url)} target="_blank" rel="noreferrer" class="shelf-item">
      <img src={thumbnail(of.poster_url, 320, of.modified)} alt="" loading="lazy" />
      <span class="truncate">{of.title}</span>
      <span class="muted small-text truncate">
        {of.type} · {of.library}
      </span>
    </a>
  );
}
