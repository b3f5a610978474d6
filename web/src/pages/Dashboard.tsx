/** What a user opens to see that everything is well. */
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { address, body, client } from '../api/client';
import type { Status } from '../api/types';
import { Badge, Card, Empty, Facts, Loaded, Loading, Page, When } from '../components/basics';
import { Reason } from '../components/finding';
import { Held } from '../components/held';
import { Meter, RunProgress } from '../components/progress';
import { RunButtons, RunnerLine, removeRunningFile, runTitle } from '../components/run';
import { FirstSteps } from '../components/steps';
import { Thumbnail } from '../components/thumbnail';
import { NoRunner } from '../components/unable';
import { firesOf } from '../lib/fires';
import { bytes, dayAndClock, duration, inZone, memory, number } from '../lib/format';
import { latestCounts, latestHealth, latestRun } from '../lib/latest';
import { CATEGORIES, isWide, type RecentAsset, recentAssets } from '../lib/library';
import { useResource } from '../lib/resource';
import {
  modeName,
  outcomeText,
  outcomeTone,
  plainReason,
  runName,
  sentFrom,
  triggerText,
  typeName,
} from '../lib/words';
import { refreshSystem, scheduler, status, system } from '../live/state';
import { rich, t, word } from '../texts';
import { Arrange, type CardId, wantedCards } from './dashboard/Arrange';
import { CurrentWall } from './run/Wall';

export default function Dashboard() {
  return (
    <Page title={t('nav.dashboard')} help="first-posters" actions={<Arrange />}>
      <RunCard />
      <FirstSteps />
      <div class="cards small dashboard">
        {wantedCards().map((id) => {
          const View = VIEWS[id];
          return <View key={id} />;
        })}
      </div>
    </Page>
  );
}

const VIEWS: Record<CardId, ComponentType> = {
  schedule: ScheduleCard,
  problems: ProblemsCard,
  webhooks: WebhooksCard,
  machine: MachineCard,
  recent: RecentCard,
};

/** Has the place of a card until it is known what is on it: nothing moves when it comes. */
function Coming({ title, class: look }: { title: string; class?: string }) {
  return (
    <Card title={title} class={look ?? ''}>
      <Loading />
    </Card>
  );
}

function RunCard() {
  const known = status.value;
  if (!known) return <Coming title={t('dashboard.idle_title')} class="run-card" />;
  return (
    <Card
      title={known.running ? runTitle(known) : t('dashboard.idle_title')}
      aside={
        known.running ? (
          <Badge tone="accent">{t('common.running')}</Badge>
        ) : (
          <Badge tone="good">{t('dashboard.idle')}</Badge>
        )
      }
      class="run-card"
    >
      {known.running ? (
        <>
          <RunProgress of={known} />
          <RunButtons of={known} />
          <CurrentWall of={known} />
        </>
      ) : (
        <>
          <LastRun />
          <RunnerLine of={known} />
        </>
      )}
      <Held />
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
      {rich('dashboard.queue', { link: (text) => <Link href="/triggers">{text}</Link> }, { n: length })}
      <ul class="plain-list small-text">
        {waiting.map((job) => (
          <li key={job.id}>
            {job.title ?? modeName(job.mode)}{' '}
            <span class="muted">
              {job.title && `${modeName(job.mode)}, `}
              {triggerText(job.trigger)}, <When at={job.not_before} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function LastRun() {
  const run = useResource(latestRun, [], ['runs']);
  const last = run.data;
  return (
    <div class="row last-run">
      <p class="grow">
        {!run.loading && !run.error && !last && t('dashboard.no_run')}
        {last && (
          <>
            {rich(
              'dashboard.last',
              { link: (text) => <Link href={`/runs/${last.id}`}>{text}</Link> },
              { run: runName(last) },
            )}{' '}
            <Badge tone={outcomeTone(last.outcome)}>{outcomeText(last.outcome)}</Badge>{' '}
            <When at={last.ended ?? last.started} />
            {last.reason && (
              <>
                {' — '}
                <Reason family="run_reason" of={last.because} english={plainReason(last.reason)} />
              </>
            )}
          </>
        )}
      </p>
      <Link class="button primary" href="/run">
        {t('dashboard.start')}
      </Link>
    </div>
  );
}

function Troubles({ of }: { of: Status }) {
  return (
    <>
      <NoRunner />
      {!of.config_exists && (
        <div class="notice tone-bad">
          {rich('dashboard.no_config', { link: (text) => <Link href="/settings">{text}</Link> })}
        </div>
      )}
      {of.already_running_detected && (
        <div class="notice tone-warn">
          {t('dashboard.already_running')}
          <button type="button" class="button small" onClick={removeRunningFile}>
            {t('run.marker_remove')}
          </button>
        </div>
      )}
    </>
  );
}

function ScheduleCard() {
  const known = scheduler.value;
  if (!known) return <Coming title={t('dashboard.schedule')} />;
  const last = known.history[0];
  const then = firesOf(known.active_jobs).slice(1, 4);
  return (
    <Card
      title={t('dashboard.schedule')}
      aside={
        <Badge tone={known.enabled ? 'good' : 'plain'}>{known.enabled ? t('dashboard.on') : t('dashboard.off')}</Badge>
      }
    >
      {known.problem && <div class="notice tone-bad">{known.problem}</div>}
      <Facts
        of={[
          [
            t('dashboard.next'),
            !known.enabled ? (
              t('dashboard.schedules_off')
            ) : known.next_run ? (
              <>
                <When at={known.next_run} />
                <div class="muted small-text">
                  {inZone(new Date(known.next_run), known.timezone)} ({known.timezone})
                </div>
              </>
            ) : (
              t('dashboard.nothing_planned')
            ),
          ],
          ...(known.enabled && then.length
            ? ([[t('dashboard.then'), <Then key="t" of={then} zone={known.timezone} />]] as const)
            : []),
          [
            t('dashboard.last_fire'),
            last ? (
              <>
                <When at={last.due} />{' '}
                <Badge tone={outcomeTone(last.outcome ?? last.state)}>{outcomeText(last.outcome ?? last.state)}</Badge>
              </>
            ) : (
              t('frame.never')
            ),
          ],
        ]}
      />
      <Link class="foot" href="/schedules">
        {t('dashboard.all_schedules')}
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
  const counts = useResource(latestCounts, [], ['assets']);
  return (
    <Card title={t('nav.actions')}>
      <Loaded of={counts}>
        {(of) =>
          of.assets_with_issues === 0 ? (
            <Empty>{t('dashboard.no_problems')}</Empty>
          ) : (
            <ul class="counts">
              {PROBLEMS.map((category) => (
                <li key={category}>
                  <Link href={`/actions/${category}`}>{t(`category.${category}`)}</Link>
                  <strong>{number(of[category])}</strong>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Link class="foot" href="/actions">
        {t('dashboard.open_actions')}
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
    <Card title={t('dashboard.webhooks')}>
      <Loaded of={received}>
        {({ webhooks }) =>
          webhooks.length === 0 ? (
            <Empty>{rich('dashboard.no_webhooks', { link: (text) => <Link href="/triggers">{text}</Link> })}</Empty>
          ) : (
            <ul class="list">
              {webhooks.map((webhook) => (
                <li key={webhook.id}>
                  <div class="grow">
                    {webhook.title ?? sentFrom(webhook)}
                    <div class="muted small-text">
                      {webhook.title && `${sentFrom(webhook)}, `}
                      <When at={webhook.at} />
                    </div>
                  </div>
                  <Badge tone={outcomeTone(webhook.verdict)}>{word('outcome', webhook.verdict)}</Badge>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Link class="foot" href="/triggers">
        {t('dashboard.all_triggers')}
      </Link>
    </Card>
  );
}

function MachineCard() {
  useEffect(() => void refreshSystem().catch(() => {}), []);
  const of = system.value;
  const health = useResource(latestHealth, [], ['runs']);
  const own = useResource((signal) => client.GET('/api/footprint', { signal }).then(body), [], ['runs']);
  return (
    <Card
      title={t('dashboard.machine')}
      aside={
        health.data && (
          <Badge tone={health.data.status === 'ok' ? 'good' : health.data.status === 'degraded' ? 'warn' : 'bad'}>
            {word('health', health.data.status)}
          </Badge>
        )
      }
    >
      {of ? (
        <Facts
          of={[
            [
              t('dashboard.memory'),
              <Used
                key="m"
                label={t('dashboard.memory_used')}
                percent={of.memory_percent}
                text={t('common.of', { done: memory(of.used_memory), total: memory(of.total_memory) })}
              />,
            ],
            [
              t('dashboard.disk'),
              own.data ? <Disk free={own.data.disk_free_bytes} total={own.data.disk_total_bytes} /> : '…',
            ],
            [
              t('about.daemon'),
              own.data?.memory_bytes ? t('dashboard.of_memory', { size: bytes(own.data.memory_bytes) }) : '…',
            ],
            [t('about.version'), health.data?.version ?? '…'],
            [t('about.up_for'), health.data ? duration(health.data.uptime_seconds) : '…'],
            [t('dashboard.processor'), t('dashboard.cores', { model: of.cpu_model, n: of.cpu_cores })],
            [t('dashboard.system'), of.os_version],
          ]}
        />
      ) : (
        <Loading />
      )}
    </Card>
  );
}

function Disk({ free, total }: { free?: number | null | undefined; total?: number | null | undefined }) {
  if (!total || typeof free !== 'number') return <>{t('about.not_known')}</>;
  return (
    <Used
      label={t('dashboard.disk_used')}
      percent={(1 - free / total) * 100}
      text={t('dashboard.disk_free', { free: bytes(free), total: bytes(total) })}
    />
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

/** As many as a very wide window has room for; the library has them all. */
const SHOWN = 16;

function RecentCard() {
  const recent = useResource(recentAssets, [], ['assets']);
  return (
    <Card title={t('dashboard.recent')} class="whole" aside={<Link href="/library">{t('nav.library')}</Link>}>
      <Loaded of={recent}>
        {(assets) =>
          assets.length === 0 ? (
            <Empty>{t('dashboard.no_recent')}</Empty>
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
    <a
      href={address(of.poster_url)}
      target="_blank"
      rel="noreferrer"
      class={isWide(of.poster_url) ? 'shelf-item wide' : 'shelf-item'}
    >
      <Thumbnail url={of.poster_url} width={320} modified={of.modified} />
      <span class="truncate">{of.title}</span>
      <span class="muted small-text truncate">
        {typeName(of.type)} · {of.library}
      </span>
    </a>
  );
}
