/** Every finished run, and how they went over time. */
import { useMemo, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { components } from '../../types/schema';
import { body, client } from '../api/client';
import { Badge, Card, Empty, Figure, Loaded, Page } from '../components/basics';
import { Chart } from '../components/chart';
import { Pick } from '../components/choose';
import { Dialog } from '../components/dialog';
import { type Column, Table } from '../components/table';
import { dateTime, duration } from '../lib/format';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone, plural } from '../lib/words';

type Entry = components['schemas']['HistoryRow'];

const MODES = ['normal', 'scheduled', 'testing', 'manual', 'backup', 'syncjelly', 'syncemby', 'tautulli', 'arr'];
const KINDS = [{ value: '', name: 'Every kind' }, ...MODES.map((value) => ({ value, name: modeName(value) }))];
const PAGE = 25;
/** How far back the charts go. */
const SPANS = [30, 90, 365].map((days) => ({ value: String(days), name: `The last ${days} days` }));
const DAY = 86_400;

export default function History() {
  return (
    <Page title="History">
      <Charts />
      <Runs />
    </Page>
  );
}

type Day = components['schemas']['Day'];

function Charts() {
  const [span, setSpan] = useState('90');
  const from = Date.now() / 1000 - Number(span) * DAY;
  const since = new Date(from * 1000).toISOString().slice(0, 10);
  const days = useResource(
    (signal) => client.GET('/api/runtime-history/days', { params: { query: { since } }, signal }).then(body),
    [since],
    ['runs'],
  );
  return (
    <Card title="Over time" aside={<Pick label="How far back" value={span} onValue={setSpan} options={SPANS} />}>
      <Loaded of={days}>
        {({ days: of }) =>
          of.length === 0 ? <Empty>No run was finished in this time.</Empty> : <DayCharts of={of} since={since} />
        }
      </Loaded>
    </Card>
  );
}

function DayCharts({ of, since }: { of: Day[]; since: string }) {
  const times = useMemo(() => of.map((day) => new Date(`${day.date}T12:00:00`).getTime() / 1000), [of]);
  const column = (field: 'images' | 'errors' | 'runtime_seconds') => of.map((day) => day[field]);
  const [images, errors, runtime] = useMemo(
    () => [column('images'), column('errors'), column('runtime_seconds')],
    [of],
  );
  const span = useMemo((): [number, number] => [Date.parse(since) / 1000, Date.now() / 1000], [of, since]);
  const sum = (field: 'images' | 'errors' | 'runs') => of.reduce((total, day) => total + day[field], 0);
  return (
    <>
      <div class="figures">
        <Figure value={sum('runs').toLocaleString()} label="runs" />
        <Figure value={sum('images').toLocaleString()} label="pictures" />
        <Figure value={sum('errors').toLocaleString()} label="errors" tone={sum('errors') ? 'warn' : 'plain'} />
      </div>
      <div class="charts">
        <Chart label="Pictures made" times={times} values={images} span={span} />
        <Chart label="Time spent" times={times} values={runtime} span={span} format={duration} />
        <Chart label="Errors" times={times} values={errors} span={span} colour="--bad" />
      </div>
    </>
  );
}

const COLUMNS: readonly Column<Entry>[] = [
  { name: 'When', sort: 'timestamp', cell: (entry) => dateTime(new Date(entry.timestamp)) },
  { name: 'What', sort: 'mode', plain: true, cell: (entry) => modeName(entry.mode) },
  {
    name: 'Took',
    sort: 'runtime',
    number: true,
    cell: ({ runtime_seconds: took }) => (took === null || took === undefined ? '—' : duration(took)),
  },
  { name: 'Pictures', sort: 'images', number: true, cell: (entry) => entry.total_images.toLocaleString() },
  { name: 'Errors', sort: 'errors', number: true, cell: (entry) => entry.errors.toLocaleString() },
  {
    name: 'Outcome',
    plain: true,
    cell: (entry) => <Badge tone={outcomeTone(entry.status)}>{outcomeText(entry.status)}</Badge>,
  },
];

function Runs() {
  const [mode, setMode] = useState('');
  const [offset, setOffset] = useState(0);
  const [sort, setSort] = useState('-timestamp');
  const [open, setOpen] = useState<Entry>();
  const query = { limit: PAGE, offset, sort, ...(mode && { mode }) };
  const rows = useResource(
    (signal) => client.GET('/api/runtime-history', { params: { query }, signal }).then(body),
    [query],
    ['runs'],
  );
  return (
    <Card
      title="Runs"
      aside={
        <Pick
          label="What ran"
          value={mode}
          options={KINDS}
          onValue={(next) => {
            setMode(next);
            setOffset(0);
          }}
        />
      }
    >
      <Loaded of={rows}>
        {({ history, total }) =>
          history.length === 0 ? (
            <Empty>{mode ? 'No run of this kind has finished yet.' : 'No run has finished yet.'}</Empty>
          ) : (
            <>
              <Table
                columns={COLUMNS}
                rows={history}
                rowKey={(entry) => entry.id}
                sort={sort}
                onSort={(by) => {
                  setSort(by);
                  setOffset(0);
                }}
                actions={(entry) => (
                  <button type="button" class="button small" onClick={() => setOpen(entry)}>
                    Details
                  </button>
                )}
              />
              <div class="row">
                <span class="muted small-text grow">
                  {offset + 1} to {offset + history.length} of {plural(total, 'run')}
                </span>
                <button
                  type="button"
                  class="button small"
                  disabled={offset === 0}
                  onClick={() => setOffset(Math.max(0, offset - PAGE))}
                >
                  Newer
                </button>
                <button
                  type="button"
                  class="button small"
                  disabled={offset + PAGE >= total}
                  onClick={() => setOffset(offset + PAGE)}
                >
                  Older
                </button>
              </div>
            </>
          )
        }
      </Loaded>
      {open && <Details of={open} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}

const FIGURES = [
  ['posters', 'posters'],
  ['seasons', 'seasons'],
  ['backgrounds', 'backgrounds'],
  ['titlecards', 'title cards'],
  ['collections', 'collections'],
  ['errors', 'errors'],
  ['fallbacks', 'fallbacks'],
  ['textless', 'without text'],
  ['truncated', 'text cut off'],
  ['images_cleared', 'pictures cleared'],
  ['folders_cleared', 'folders cleared'],
] as const;

function Details({ of, onClose }: { of: Entry; onClose: () => void }) {
  return (
    <Dialog
      title={`${modeName(of.mode)}, ${dateTime(new Date(of.timestamp))}`}
      onClose={onClose}
      wide
      actions={
        of.run && (
          <Link class="button" href={`/runs/${of.run}`}>
            Its log, resources and what triggered it
          </Link>
        )
      }
    >
      {of.notes && <div class="notice">{of.notes}</div>}
      <div class="figures">
        {FIGURES.map(([field, name]) => (
          <Figure key={field} value={of[field].toLocaleString()} label={name} />
        ))}
      </div>
      <p class="muted">
        {of.runtime_formatted}
        {of.script_version ? `, script ${of.script_version}` : ''}
        {of.space_saved && of.space_saved !== '0' ? `, ${of.space_saved} saved` : ''}
      </p>
    </Dialog>
  );
}
