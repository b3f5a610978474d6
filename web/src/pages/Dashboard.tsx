/** What a user opens to see that everything is well. */
import { Link } from 'wouter-preact';
import { address, body, client } from '../api/client';
import type { Status } from '../api/types';
import { Badge, Card, Empty, Facts, Figure, Loaded, Meter, Page, When } from '../components/basics';
import { RunButtons, RunProgress, removeRunningFile, runTitle } from '../components/run';
import { bytes, duration, inZone } from '../lib/format';
import { overviewCounts, type RecentAsset, recentAssets } from '../lib/library';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone, plural, triggerText } from '../lib/words';
import { scheduler, status } from '../live/state';

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
  const queue = useResource((signal) => client.GET('/api/triggers', { signal }).then(body), [], ['queue']);
  const waiting = queue.data?.triggers.filter((job) => job.state === 'waiting').slice(0, 3) ?? [];
  return (
    <p>
      <Link href="/triggers">{plural(length, 'job')}</Link> in the queue
      {waiting.map((job, index) => (
        <span key={job.id}>
          {index === 0 ? ': ' : ', '}
          {modeName(job.mode)} <span class="muted">{triggerText(job.trigger)}</span> <When at={job.not_before} />
        </span>
      ))}
      {length > waiting.length && waiting.length > 0 ? ' …' : '.'}
    </p>
  );
}

function LastRun() {
  const runs = useResource(
    (signal) => client.GET('/api/runs', { params: { query: { limit: 1 } }, signal }).then(body),
    [],
    ['runs'],
  );
  const last = runs.data?.runs[0];
  return (
    <div class="row last-run">
      <p class="grow">
        {last ? (
          <>
            Last: <Link href={`/runs/${last.id}`}>{modeName(last.mode)}</Link>{' '}
            <Badge tone={outcomeTone(last.outcome)}>{outcomeText(last.outcome)}</Badge>{' '}
            <When at={last.ended ?? last.started} />
            {last.reason && <span class="muted"> — {last.reason}</span>}
          </>
        ) : (
          <span class="muted">No run yet.</span>
        )}
      </p>
      <Link class="button primary" href="/run">
        Start a run
      </Link>
    </div>
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
      <Link href="/schedules">Schedules</Link>
    </Card>
  );
}

function ProblemsCard() {
  const counts = useResource(overviewCounts, [], ['assets']);
  return (
    <Card title="Action Center">
      <Loaded of={counts}>
        {(of) =>
          of.assets_with_issues === 0 ? (
            <Empty>No picture needs attention.</Empty>
          ) : (
            <div class="figures">
              <Figure value={of.assets_with_issues.toLocaleString()} label="with issues" tone="warn" />
              <Figure
                value={of.missing_assets.toLocaleString()}
                label="missing"
                tone={of.missing_assets ? 'bad' : 'plain'}
              />
              <Figure value={of.non_primary_lang.toLocaleString()} label="other language" />
            </div>
          )
        }
      </Loaded>
      <Link href="/actions">Open the Action Center</Link>
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
    </Card>
  );
}

function MachineCard() {
  const system = useResource((signal) => client.GET('/api/system-info', { signal }).then(body));
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
      <Loaded of={system}>
        {(of) => (
          <>
            <Facts
              of={[
                [
                  'Memory',
                  <Used
                    key="m"
                    label="Memory in use"
                    percent={of.memory_percent}
                    text={`${of.used_memory} of ${of.total_memory}`}
                  />,
                ],
                ['Disk', own.data ? <Disk free={own.data.disk_free_bytes} total={own.data.disk_total_bytes} /> : '…'],
                ['Daemon', own.data?.memory_bytes ? `${bytes(own.data.memory_bytes)} of memory` : '…'],
                ['Version', health.data ? `${health.data.version}, up ${duration(health.data.uptime_seconds)}` : '…'],
                ['Processor', `${of.cpu_model}, ${plural(of.cpu_cores, 'core')}`],
                ['System', of.os_version],
              ]}
            />
          </>
        )}
      </Loaded>
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
  const query = new URLSearchParams({ path: of.poster_url, w: '320' });
  return (
    <a href={address(of.poster_url)} target="_blank" rel="noreferrer" class="shelf-item">
      <img src={address(`/api/thumbnail?${query}`)} alt="" loading="lazy" />
      <span class="truncate">{of.title}</span>
      <span class="muted small-text truncate">
        {of.type} · {of.library}
      </span>
    </a>
  );
}
