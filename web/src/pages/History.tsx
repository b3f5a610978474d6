/** Every finished run, and how they went over time. */
import { useMemo, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { request } from '../api/client';
import { Badge, Card, Empty, Figure, Loaded, Page } from '../components/basics';
import { Chart } from '../components/chart';
import { Dialog } from '../components/dialog';
import { dateTime, duration } from '../lib/format';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone, plural } from '../lib/words';

interface Entry {
  id: number;
  timestamp: string;
  mode: string;
  runtime_seconds: number;
  runtime_formatted: string;
  total_images: number;
  posters: number;
  seasons: number;
  backgrounds: number;
  titlecards: number;
  collections: number;
  errors: number;
  status: string;
  start_time: string | null;
  end_time: string | null;
  run_id?: number | null;
  [field: string]: unknown;
}

const MODES = ['', 'normal', 'scheduled', 'testing', 'manual', 'backup', 'syncjelly', 'syncemby', 'tautulli', 'arr'];
const PAGE = 25;
/** Days that the charts show. */
const CHARTED = 90;

export default function History() {
  return (
    <Page title="History">
      <Charts />
      <Runs />
    </Page>
  );
}

interface Day {
  date: string;
  runs: number;
  images: number;
  errors: number;
  runtime_seconds: number;
}

function Charts() {
  const since = new Date(Date.now() - CHARTED * 86_400_000).toISOString().slice(0, 10);
  const days = useResource(
    (signal) => request<{ days: Day[] }>('GET', `/api/runtime-history/days?since=${since}`, { signal }),
    [],
    ['runs'],
  );
  return (
    <Card title={`The last ${CHARTED} days`}>
      <Loaded of={days}>
        {({ days: of }) =>
          of.length === 0 ? <Empty>Charts appear after the first runs.</Empty> : <DayCharts of={of} />
        }
      </Loaded>
    </Card>
  );
}

function DayCharts({ of }: { of: Day[] }) {
  const times = useMemo(() => of.map((day) => new Date(`${day.date}T12:00:00`).getTime() / 1000), [of]);
  const column = (field: 'images' | 'errors' | 'runtime_seconds') => of.map((day) => day[field]);
  const [images, errors, runtime] = useMemo(
    () => [column('images'), column('errors'), column('runtime_seconds')],
    [of],
  );
  const span = useMemo((): [number, number] => [Date.now() / 1000 - CHARTED * 86_400, Date.now() / 1000], [of]);
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
        <Chart label="Errors" times={times} values={errors} span={span} />
      </div>
    </>
  );
}

type Sort = 'timestamp' | 'mode' | 'runtime' | 'images' | 'errors';

const COLUMNS: readonly [Sort, string, 'number' | ''][] = [
  ['timestamp', 'When', ''],
  ['mode', 'What', ''],
  ['runtime', 'Took', 'number'],
  ['images', 'Pictures', 'number'],
  ['errors', 'Errors', 'number'],
];

function Runs() {
  const [mode, setMode] = useState('');
  const [offset, setOffset] = useState(0);
  const [sort, setSort] = useState('-timestamp');
  const [open, setOpen] = useState<Entry>();
  const query = new URLSearchParams({ limit: String(PAGE), offset: String(offset), sort, ...(mode && { mode }) });
  const rows = useResource(
    (signal) => request<{ history: Entry[]; total: number }>('GET', `/api/runtime-history?${query}`, { signal }),
    [query.toString()],
    ['runs'],
  );
  return (
    <Card
      title="Runs"
      aside={
        <select
          class="fit"
          aria-label="What ran"
          value={mode}
          onChange={(event) => {
            setMode(event.currentTarget.value);
            setOffset(0);
          }}
        >
          {MODES.map((one) => (
            <option key={one} value={one}>
              {one ? modeName(one) : 'Every kind'}
            </option>
          ))}
        </select>
      }
    >
      <Loaded of={rows}>
        {({ history, total }) =>
          history.length === 0 ? (
            <Empty>No run has finished yet.</Empty>
          ) : (
            <>
              <div class="table-wrap">
                <table>
                  <thead>
                    <tr>
                      {COLUMNS.map(([field, name, kind]) => (
                        <th key={field} class={kind} aria-sort={sorted(sort, field)}>
                          <button type="button" onClick={() => setSort(sort === `-${field}` ? field : `-${field}`)}>
                            {name} {sort === field ? '↑' : sort === `-${field}` ? '↓' : ''}
                          </button>
                        </th>
                      ))}
                      <th>Outcome</th>
                      <th>
                        <span class="visually-hidden">Actions</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {history.map((entry) => (
                      <tr key={entry.id}>
                        <td>{dateTime(new Date(entry.timestamp))}</td>
                        <td>{modeName(entry.mode)}</td>
                        <td class="number">{duration(entry.runtime_seconds)}</td>
                        <td class="number">{entry.total_images.toLocaleString()}</td>
                        <td class="number">{entry.errors.toLocaleString()}</td>
                        <td>
                          <Badge tone={outcomeTone(entry.status)}>{outcomeText(entry.status)}</Badge>
                        </td>
                        <td class="end">
                          <button type="button" class="button small" onClick={() => setOpen(entry)}>
                            Details
                          </button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
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

function sorted(sort: string, field: string) {
  if (sort === field) return 'ascending';
  return sort === `-${field}` ? 'descending' : 'none';
}

const FIGURES: readonly [string, string][] = [
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
];

function Details({ of, onClose }: { of: Entry; onClose: () => void }) {
  return (
    <Dialog title={`${modeName(of.mode)}, ${dateTime(new Date(of.timestamp))}`} onClose={onClose} wide>
      <div class="figures">
        {FIGURES.map(([field, name]) => (
          <Figure key={field} value={Number(of[field] ?? 0).toLocaleString()} label={name} />
        ))}
      </div>
      <p class="muted">
        {of.runtime_formatted}
        {of.script_version ? `, script ${String(of.script_version)}` : ''}
        {of.space_saved && of.space_saved !== '0' ? `, ${String(of.space_saved)} saved` : ''}
      </p>
      {of.run_id && (
        <p>
          <Link href={`/runs/${of.run_id}`}>Its output, arguments and resources</Link>
        </p>
      )}
    </Dialog>
  );
}
