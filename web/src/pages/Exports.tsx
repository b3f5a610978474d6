/** What the media servers' last exports hold. */
import { useMemo, useState } from 'preact/hooks';
import { request } from '../api/client';
import { Badge, Card, Empty, Figure, Loaded, More, Page, When } from '../components/basics';
import { Chips, Pick, Search } from '../components/choose';
import { Dialog } from '../components/dialog';
import { type Column, Table } from '../components/table';
import { tell } from '../components/toast';
import { useResource } from '../lib/resource';

const SERVERS = [
  { value: 'plex-export', name: 'Plex' },
  { value: 'other-media-export', name: 'Jellyfin and Emby' },
] as const;
const TABLES = [
  { value: 'library', name: 'Titles' },
  { value: 'episodes', name: 'Seasons' },
] as const;

type Kind = (typeof TABLES)[number]['value'];

type Row = Record<string, string | number | null>;

interface Statistics {
  total_library_records: number;
  total_episode_records: number;
  latest_run: string | null;
  latest_run_library_count?: number;
  latest_run_total_episodes?: number;
}

const PAGE = 100;

export default function Exports() {
  const [server, setServer] = useState<(typeof SERVERS)[number]['value']>('plex-export');
  return (
    <Page title="Exports">
      <Chips label="Media server" options={SERVERS} value={server} onValue={setServer} />
      <Server key={server} prefix={server} />
    </Page>
  );
}

function Server({ prefix }: { prefix: string }) {
  const statistics = useResource(
    (signal) => request<{ statistics: Statistics }>('GET', `/api/${prefix}/statistics`, { signal }),
    [prefix],
    ['runs'],
  );
  const runs = useResource(
    (signal) => request<{ runs: string[] }>('GET', `/api/${prefix}/runs`, { signal }),
    [prefix],
    ['runs'],
  );
  const [run, setRun] = useState('');
  const [table, setTable] = useState<Kind>('library');
  async function read() {
    await tell(request<{ message: string }>('POST', `/api/${prefix}/import`), (done) => done.message);
    statistics.reload();
    runs.reload();
  }
  return (
    <>
      <Card
        title="What is there"
        aside={
          <button type="button" class="button small" onClick={read}>
            Read the export files
          </button>
        }
      >
        <Loaded of={statistics}>
          {({ statistics: of }) => (
            <div class="figures">
              <Figure
                value={(of.latest_run_library_count ?? of.total_library_records).toLocaleString()}
                label="titles"
              />
              <Figure value={(of.latest_run_total_episodes ?? 0).toLocaleString()} label="episodes" />
              <Figure value={<When at={of.latest_run} />} label="last read" />
            </div>
          )}
        </Loaded>
      </Card>
      <div class="row">
        <Chips label="What is listed" options={TABLES} value={table} onValue={setTable} />
        {(runs.data?.runs.length ?? 0) > 1 && (
          <Pick
            label="Which export"
            value={run}
            onValue={setRun}
            options={[
              { value: '', name: 'The newest' },
              ...(runs.data?.runs ?? []).map((one) => ({ value: one, name: new Date(one).toLocaleString() })),
            ]}
          />
        )}
      </div>
      <Rows key={`${table} ${run}`} prefix={prefix} table={table} run={run} />
    </>
  );
}

const IDS = ['tmdbid', 'tvdbid', 'imdbid'] as const;

const ids: Column<Row> = {
  name: 'Ids',
  plain: true,
  cell: (row) => (
    <div class="chips">
      {IDS.map((id) => row[id] && row[id] !== 'false' && <Badge key={id}>{`${id.slice(0, 4)} ${row[id]}`}</Badge>)}
    </div>
  ),
};
const library: Column<Row> = { name: 'Library', plain: true, cell: (row) => row.library_name };

const COLUMNS: Record<Kind, readonly Column<Row>[]> = {
  library: [
    { name: 'Title', cell: (row) => row.title || row.show_name },
    library,
    { name: 'Year', cell: (row) => row.year },
    ids,
  ],
  episodes: [
    { name: 'Title', cell: (row) => row.show_name },
    library,
    { name: 'Season', cell: (row) => row.season_number },
    ids,
  ],
};

function Rows({ prefix, table, run }: { prefix: string; table: Kind; run: string }) {
  const query = run ? `?${new URLSearchParams({ run_timestamp: run })}` : '';
  const rows = useResource(
    (signal) => request<{ data: Row[] }>('GET', `/api/${prefix}/${table}${query}`, { signal }),
    [prefix, table, run],
    ['runs'],
  );
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<Row>();
  const found = useMemo(() => {
    const needle = search.trim().toLowerCase();
    const all = rows.data?.data ?? [];
    return needle
      ? all.filter((row) =>
          Object.values(row).some((value) =>
            String(value ?? '')
              .toLowerCase()
              .includes(needle),
          ),
        )
      : all;
  }, [rows.data, search]);
  return (
    <Loaded of={rows}>
      {() => (
        <>
          <Search label="Search in the export" value={search} onValue={setSearch} />
          {found.length === 0 ? (
            <Empty>No rows. A run with this media server writes the files that are read here.</Empty>
          ) : (
            <More of={found} page={PAGE}>
              {(shown) => (
                <Table
                  columns={COLUMNS[table]}
                  rows={shown}
                  rowKey={(row) => row.id ?? ''}
                  actions={(row) => (
                    <button type="button" class="button small" onClick={() => setOpen(row)}>
                      Details
                    </button>
                  )}
                />
              )}
            </More>
          )}
          {open && (
            <Dialog title={String(open.title || open.show_name || 'Details')} onClose={() => setOpen(undefined)} wide>
              <dl class="facts">
                {Object.entries(open).map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{String(value ?? '') || '—'}</dd>
                  </div>
                ))}
              </dl>
            </Dialog>
          )}
        </>
      )}
    </Loaded>
  );
}
