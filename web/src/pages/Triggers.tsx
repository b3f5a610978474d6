/** What Sonarr, Radarr and Tautulli sent, the queue it became, and how to set them up. */
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { body, client } from '../api/client';
import type { Received, TriggerEntry } from '../api/types';
import { Badge, Card, Empty, Loaded, Page, When } from '../components/basics';
import { ask, Dialog } from '../components/dialog';
import { type Column, Table } from '../components/table';
import { tell } from '../components/toast';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone, type Tone, triggerText } from '../lib/words';
import { changed } from '../live/state';
import { ApiKeys } from './triggers/ApiKeys';
import { SetUp } from './triggers/SetUp';

export default function Triggers() {
  const [keysMade, setKeysMade] = useState(0);
  return (
    <Page title="Triggers">
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
    <Card title="Queue">
      <Loaded of={queue}>
        {({ triggers }) => {
          const shown = triggers.filter((trigger) => trigger.state !== 'done');
          return shown.length === 0 ? <Empty>Nothing waits.</Empty> : <QueueTable of={shown} />;
        }}
      </Loaded>
    </Card>
  );
}

const JOBS: readonly Column<TriggerEntry>[] = [
  { name: '#', cell: (job) => job.position ?? '—' },
  {
    name: 'Job',
    plain: true,
    cell: (job) => (
      <>
        {modeName(job.mode)} <span class="muted">{triggerText(job.trigger)}</span>
        <div class="muted small-text mono truncate">{job.id}</div>
        {job.last_error && <div class="problem">{job.last_error}</div>}
      </>
    ),
  },
  { name: 'State', plain: true, cell: (job) => <Badge tone={STATES[job.state] ?? 'plain'}>{job.state}</Badge> },
  { name: 'Not before', cell: (job) => <When at={job.not_before} /> },
  { name: 'Tries', cell: (job) => `${job.attempts} of ${job.max_attempts}` },
];

function QueueTable({ of }: { of: TriggerEntry[] }) {
  return (
    <Table
      columns={JOBS}
      rows={of}
      rowKey={(job) => job.id}
      actions={(job) => (
        <div class="row">
          {job.state === 'failed' && (
            <button type="button" class="button small" onClick={() => retry(job.id)}>
              Try again
            </button>
          )}
          {job.state !== 'running' && (
            <button type="button" class="button small" onClick={() => remove(job)}>
              Remove
            </button>
          )}
        </div>
      )}
    />
  );
}

async function retry(id: string) {
  await tell(client.POST('/api/triggers/{id}/retry', { params: { path: { id } } }), 'Back in the queue');
  changed('queue');
}

async function remove(job: TriggerEntry) {
  const sure = await ask({
    title: 'Remove this job?',
    text: `${modeName(job.mode)} ${job.id} will not run.`,
    confirm: 'Remove',
    danger: true,
  });
  if (!sure) return;
  await tell(client.DELETE('/api/triggers/{id}', { params: { path: { id: job.id } } }), 'Removed');
  changed('queue');
}

const WEBHOOKS: readonly Column<Received>[] = [
  { name: 'When', cell: (one) => <When at={one.at} /> },
  {
    name: 'From',
    plain: true,
    cell: (one) => (
      <>
        {one.source} <span class="muted">{one.event}</span>
      </>
    ),
  },
  { name: 'Verdict', plain: true, cell: (one) => <Badge tone={outcomeTone(one.verdict)}>{one.verdict}</Badge> },
  { name: 'Why', plain: true, cell: (one) => one.reason },
  {
    name: 'Run',
    cell: (one) =>
      one.run ? (
        <Link href={`/runs/${one.run}`}>
          <Badge tone={outcomeTone(one.outcome)}>{outcomeText(one.outcome)}</Badge>
        </Link>
      ) : (
        '—'
      ),
  },
];

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
    <Card title="Received">
      <Loaded of={received}>
        {({ webhooks }) =>
          webhooks.length === 0 ? (
            <Empty>Nothing came in yet. The set-up is below.</Empty>
          ) : (
            <Table
              columns={WEBHOOKS}
              rows={webhooks}
              rowKey={(one) => one.id}
              actions={(one) => (
                <button type="button" class="button small" onClick={() => setOpen(one)}>
                  Details
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
    await tell(
      client.POST('/api/webhooks/{id}/replay', { params: { path: { id: of.id } } }).then(body),
      (answer) => answer.message,
    );
    onClose();
  }
  return (
    <Dialog
      title={`${of.source} ${of.event}`}
      onClose={onClose}
      wide
      actions={
        <button type="button" class="button primary" disabled={!of.payload} onClick={replay}>
          Process it once more
        </button>
      }
    >
      <p>{of.reason}</p>
      <p class="muted small-text">Jobs: {of.jobs.join(', ') || 'none'}</p>
      <pre class="payload">{pretty(of.payload)}</pre>
    </Dialog>
  );
}

function pretty(payload: string | null | undefined): string {
  if (!payload) return 'The payload was not kept: it was too large.';
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}
