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
import { dateTime, duration, number } from '../lib/format';
import { useQuery } from '../lib/query';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone } from '../lib/words';
import { t } from '../texts';

type Entry = components['schemas']['HistoryRun'];

const MODES = ['normal', 'scheduled', 'testing', 'manual', 'backup', 'syncjelly', 'syncemby', 'tautulli', 'arr'];
const kinds = () => [
  { value: '', name: t('history.every_kind') },
  ...MODES.map((value) => ({ value, name: modeName(value) })),
];
const PAGE = 25;
const NEWEST = '-timestamp';
/** How far back the charts go. */
const SPANS = [30, 90, 365];
const SPAN = '90';
const DAY = 86_400;

export default function History() {
  return (
    <Page title={t('nav.history')} help="words#outcome">
      <Charts />
      <Runs />
    </Page>
  );
}

type Day = components['schemas']['Day'];

function Charts() {
  const [query, setQuery] = useQuery();
  const span = SPANS.map(String).find((days) => days === query.get('days')) ?? SPAN;
  const from = Date.now() / 1000 - Number(span) * DAY;
  const since = new Date(from * 1000).toISOString().slice(0, 10);
  const days = useResource(
    (signal) => client.GET('/api/runtime-history/days', { params: { query: { since } }, signal }).then(body),
    [since],
    ['history'],
  );
  return (
    <Card
      title={t('history.over_time')}
      aside={
        <Pick
          label={t('history.span')}
          value={span}
          onValue={(next) => setQuery({ days: next === SPAN ? undefined : next }, { replace: true })}
          options={SPANS.map((days) => ({ value: String(days), name: t('history.last_days', { days }) }))}
        />
      }
    >
      <Loaded of={days}>
        {({ days: of }) =>
          of.length === 0 ? <Empty>{t('history.none_in_span')}</Empty> : <DayCharts of={of} since={since} />
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
        <Figure value={number(sum('runs'))} label={t('history.figure_runs', { n: sum('runs') })} />
        <Figure value={number(sum('images'))} label={t('history.figure_pictures', { n: sum('images') })} />
        <Figure
          value={number(sum('errors'))}
          label={t('history.figure_errors', { n: sum('errors') })}
          tone={sum('errors') ? 'warn' : 'plain'}
        />
      </div>
      <div class="charts">
        <Chart label={t('history.chart_pictures')} times={times} values={images} span={span} />
        <Chart label={t('history.chart_time')} times={times} values={runtime} span={span} format={duration} />
        <Chart label={t('history.errors')} times={times} values={errors} span={span} colour="--bad" />
      </div>
    </>
  );
}

/** In the browser's zone, where the daemon could tell the instant. */
function whenOf({ at, timestamp }: Entry): string {
  return at ? dateTime(new Date(at)) : (timestamp ?? '');
}

const columns = (): readonly Column<Entry>[] => [
  { name: t('history.when'), sort: 'timestamp', cell: (entry) => whenOf(entry) },
  {
    name: t('history.what'),
    sort: 'mode',
    plain: true,
    cell: ({ mode, title }) => (
      <>
        {modeName(mode)}
        {title && <div class="muted small-text lines">{title}</div>}
      </>
    ),
  },
  {
    name: t('run.took'),
    sort: 'runtime',
    number: true,
    cell: ({ runtime_seconds: took }) => (took === null || took === undefined ? '—' : duration(took)),
  },
  { name: t('history.pictures'), sort: 'images', number: true, cell: (entry) => number(entry.total_images) },
  { name: t('history.errors'), sort: 'errors', number: true, cell: (entry) => number(entry.errors) },
  {
    name: t('history.outcome'),
    plain: true,
    cell: (entry) => <Badge tone={outcomeTone(entry.status)}>{outcomeText(entry.status)}</Badge>,
  },
];

function Runs() {
  const [words, setQuery] = useQuery();
  const mode = MODES.find((one) => one === words.get('kind')) ?? '';
  const offset = Math.max(0, Number.parseInt(words.get('from') ?? '', 10) - 1 || 0);
  const sort = words.get('sort') ?? NEWEST;
  const goTo = (first: number) => setQuery({ from: first > 0 ? String(first + 1) : undefined });
  const [open, setOpen] = useState<Entry>();
  const query = { limit: PAGE, offset, sort, ...(mode && { mode }) };
  const rows = useResource(
    (signal) => client.GET('/api/runtime-history', { params: { query }, signal }).then(body),
    [query],
    ['history'],
  );
  return (
    <Card
      title={t('history.runs')}
      aside={
        <Pick
          label={t('history.which')}
          value={mode}
          options={kinds()}
          onValue={(kind) => setQuery({ kind, from: undefined }, { replace: true })}
        />
      }
    >
      <Loaded of={rows}>
        {({ history, total }) =>
          history.length === 0 ? (
            <Empty>{mode ? t('history.none_of_kind') : t('history.none')}</Empty>
          ) : (
            <>
              <Table
                columns={columns()}
                rows={history}
                rowKey={(entry) => entry.id}
                sort={sort}
                onSort={(by) => setQuery({ sort: by === NEWEST ? undefined : by, from: undefined }, { replace: true })}
                actions={(entry) => (
                  <button type="button" class="button small" onClick={() => setOpen(entry)}>
                    {t('common.details')}
                  </button>
                )}
              />
              <div class="row">
                <span class="muted small-text grow">
                  {t('common.range', {
                    from: number(offset + 1),
                    to: number(offset + history.length),
                    total: number(total),
                  })}
                </span>
                <button type="button" class="button small" disabled={offset === 0} onClick={() => goTo(offset - PAGE)}>
                  {t('history.newer')}
                </button>
                <button
                  type="button"
                  class="button small"
                  disabled={offset + PAGE >= total}
                  onClick={() => goTo(offset + PAGE)}
                >
                  {t('history.older')}
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
  'posters',
  'seasons',
  'backgrounds',
  'titlecards',
  'collections',
  'errors',
  'fallbacks',
  'textless',
  'truncated',
  'images_cleared',
  'folders_cleared',
] as const;

function Details({ of, onClose }: { of: Entry; onClose: () => void }) {
  return (
    <Dialog
      title={`${[modeName(of.mode), of.title].filter(Boolean).join(': ')}, ${whenOf(of)}`}
      onClose={onClose}
      wide
      actions={
        of.run && (
          <Link class="button" href={`/runs/${of.run}`}>
            {t('event.open_run')}
          </Link>
        )
      }
    >
      {of.notes && <div class="notice">{of.notes}</div>}
      <div class="figures">
        {FIGURES.map((field) => (
          <Figure key={field} value={number(of[field])} label={t(`history.figure_${field}`, { n: of[field] })} />
        ))}
      </div>
      <p class="muted">
        {[
          typeof of.runtime_seconds === 'number' && duration(of.runtime_seconds),
          of.script_version && t('history.script', { version: of.script_version }),
          of.space_saved && of.space_saved !== '0' && t('history.space_saved', { size: of.space_saved }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </Dialog>
  );
}
