/** What Sonarr, Radarr and Tautulli sent, the queue it became, and how to set them up. */
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { body, client } from '../api/client';
import type { Received, TriggerEntry } from '../api/types';
import { Badge, Card, Empty, Loaded, Page, When } from '../components/basics';
import { useBusy } from '../components/busy';
import { ask, Dialog } from '../components/dialog';
import { Reason } from '../components/finding';
import { Held, Hold } from '../components/held';
import { type Column, NOTHING, Table } from '../components/table';
import { NoRunner, Unready } from '../components/unable';
import { useResource } from '../lib/resource';
import { tell } from '../lib/toast';
import {
  modeName,
  outcomeText,
  outcomeTone,
  plainReason,
  senderName,
  sentFrom,
  type Tone,
  triggerText,
} from '../lib/words';
import { changed } from '../live/state';
import { t, word } from '../texts';
import { ApiKeys } from './triggers/ApiKeys';
import { SetUp } from './triggers/SetUp';

export default function Triggers() {
  const [keysMade, setKeysMade] = useState(0);
  return (
    <Page title={t('nav.triggers')} help="webhooks">
      <NoRunner />
      <Unready />
      <QueueCard />
      <ReceivedCard />
      <SetUp onKey={() => setKeysMade(keysMade + 1)} />
      <ApiKeys edition={keysMade} />
    </Page>
  );
}

const STATES: Record<string, Tone> = { waiting: 'plain', running: 'accent', done: 'good', failed: 'bad' };

function QueueCard() {
  const queue = useResource((signal) => client.GET('/api/triggers', { signal }).then(body), [], ['queue']);
  return (
    <Card
      title={t('triggers.queue')}
      aside={
        <div class="row">
          <ClearFailed of={queue.data?.triggers ?? []} />
          <Hold />
        </div>
      }
    >
      <Held />
      <Loaded of={queue}>
        {({ triggers }) => {
          const shown = triggers.filter((trigger) => trigger.state !== 'done');
          return shown.length === 0 ? <Empty>{t('triggers.nothing_waits')}</Empty> : <QueueTable of={shown} />;
        }}
      </Loaded>
    </Card>
  );
}

/** Failed jobs stay until somebody has seen them. */
function ClearFailed({ of }: { of: readonly TriggerEntry[] }) {
  const busy = useBusy();
  const failed = of.filter((job) => job.state === 'failed');
  if (failed.length === 0) return null;
  async function clear() {
    const gone = client.DELETE('/api/triggers', { params: { query: { state: 'failed' } } }).then(body);
    await tell(gone, ({ removed }) => t('triggers.cleared', { n: removed }));
    changed('queue');
  }
  return (
    <button type="button" class="button small" disabled={busy.on} onClick={() => busy.while(clear())}>
      {t('triggers.clear_failed', { n: failed.length })}
    </button>
  );
}

const jobs = (): readonly Column<TriggerEntry>[] => [
  { name: '#', cell: (job) => job.position ?? NOTHING },
  {
    name: t('triggers.job'),
    plain: true,
    cell: (job) => (
      <>
        {job.title && <strong class="lines">{job.title}</strong>}
        <div>
          {modeName(job.mode)} <span class="muted">{triggerText(job.trigger)}</span>
        </div>
        {!job.title && <div class="muted small-text mono truncate">{job.id}</div>}
        {job.last_error && (
          <div class="problem">
            <Reason family="run_reason" of={job.because} english={plainReason(job.last_error)} />
          </div>
        )}
      </>
    ),
  },
  {
    name: t('triggers.state'),
    plain: true,
    cell: (job) => <Badge tone={STATES[job.state] ?? 'plain'}>{word('job', job.state)}</Badge>,
  },
  { name: t('triggers.starts'), cell: (job) => <When at={job.not_before} /> },
  { name: t('triggers.tries'), cell: (job) => t('common.of', { done: job.attempts, total: job.max_attempts }) },
];

function QueueTable({ of }: { of: TriggerEntry[] }) {
  return (
    <Table
      columns={jobs()}
      rows={of}
      rowKey={(job) => job.id}
      actions={(job) => (
        <div class="row">
          {job.state === 'failed' && (
            <button type="button" class="button small" onClick={() => retry(job.id)}>
              {t('common.try_again')}
            </button>
          )}
          {job.state === 'waiting' && (job.position ?? 1) > 1 && (
            <button type="button" class="button small" onClick={() => putFirst(job.id)}>
              {t('triggers.first')}
            </button>
          )}
          {job.state !== 'running' && (
            <button type="button" class="button small" onClick={() => remove(job)}>
              {t('common.remove')}
            </button>
          )}
        </div>
      )}
    />
  );
}

async function retry(id: string) {
  await tell(client.POST('/api/triggers/{id}/retry', { params: { path: { id } } }), t('triggers.back_in_queue'));
  changed('queue');
}

async function putFirst(id: string) {
  await tell(client.POST('/api/triggers/{id}/first', { params: { path: { id } } }), t('triggers.is_first'));
  changed('queue');
}

async function remove(job: TriggerEntry) {
  const sure = await ask({
    title: t('triggers.remove_title'),
    text: t('triggers.remove_text', { run: modeName(job.mode), id: job.title ?? job.id }),
    confirm: t('common.remove'),
    danger: true,
  });
  if (!sure) return;
  await tell(client.DELETE('/api/triggers/{id}', { params: { path: { id: job.id } } }), t('triggers.removed'));
  changed('queue');
}

const webhookColumns = (): readonly Column<Received>[] => [
  { name: t('triggers.when'), cell: (one) => <When at={one.at} /> },
  {
    name: t('triggers.from'),
    plain: true,
    cell: (one) => (
      <>
        {one.title && <strong class="lines">{one.title}</strong>}
        <div>
          {senderName(one.source)} <span class="muted">{one.event}</span>
        </div>
      </>
    ),
  },
  {
    name: t('triggers.result'),
    plain: true,
    cell: (one) => <Badge tone={outcomeTone(one.verdict)}>{word('outcome', one.verdict)}</Badge>,
  },
  { name: t('triggers.why'), plain: true, cell: (one) => <Why of={one} /> },
  {
    name: t('words.run'),
    cell: (one) =>
      one.run ? (
        <Link href={`/runs/${one.run}`}>
          <Badge tone={outcomeTone(one.outcome)}>{outcomeText(one.outcome)}</Badge>
        </Link>
      ) : (
        NOTHING
      ),
  },
];

function Why({ of }: { of: Received }) {
  return <Reason family="trigger_reason" of={of.because} english={of.reason} />;
}

/** As many as somebody looks through. */
const SHOWN = 50;

function ReceivedCard() {
  const received = useResource(
    (signal) => client.GET('/api/webhooks', { params: { query: { limit: SHOWN } }, signal }).then(body),
    [],
    ['webhooks', 'runs'],
  );
  const [open, setOpen] = useState<Received>();
  return (
    <Card title={t('triggers.received')}>
      <Loaded of={received}>
        {({ webhooks }) =>
          webhooks.length === 0 ? (
            <Empty>{t('triggers.nothing_received')}</Empty>
          ) : (
            <Table
              columns={webhookColumns()}
              rows={webhooks}
              rowKey={(one) => one.id}
              actions={(one) => (
                <button type="button" class="button small" onClick={() => setOpen(one)}>
                  {t('common.details')}
                </button>
              )}
            />
          )
        }
      </Loaded>
      {open && <Details of={open} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}

function Details({ of, onClose }: { of: Received; onClose: () => void }) {
  async function replay() {
    await tell(client.POST('/api/webhooks/{id}/replay', { params: { path: { id: of.id } } }), t('triggers.replayed'));
    onClose();
  }
  return (
    <Dialog
      title={sentFrom(of)}
      onClose={onClose}
      wide
      actions={
        <button type="button" class="button primary" disabled={!of.payload} onClick={replay}>
          {t('triggers.replay')}
        </button>
      }
    >
      <p>
        <Why of={of} />
      </p>
      <p class="muted small-text">{t('triggers.jobs', { jobs: of.jobs.join(', ') || t('common.none') })}</p>
      <pre class="payload">{pretty(of.payload)}</pre>
    </Dialog>
  );
}

function pretty(payload: string | null | undefined): string {
  if (!payload) return t('triggers.no_payload');
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}
