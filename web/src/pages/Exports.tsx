/** What the media servers' last exports hold. */
import { useMemo, useState } from 'preact/hooks';
import type { components } from '../../types/schema';
import { request } from '../api/client';
import { Badge, Card, Empty, Figure, Loaded, More, Page, When } from '../components/basics';
import { Chips, Pick, Search } from '../components/choose';
import { Dialog } from '../components/dialog';
import { type Column, Table } from '../components/table';
import { dateTime, number } from '../lib/format';
import { useResource } from '../lib/resource';
import { tell } from '../lib/toast';
import { t } from '../texts';

const SERVERS = [
  { value: 'plex-export', name: 'Plex' },
  { value: 'other-media-export', name: 'Jellyfin, Emby' },
] as const;
const TABLES = [
  { value: 'library', name: 'exports.titles' },
  { value: 'episodes', name: 'exports.seasons' },
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

type Runs = components['schemas']['ExportRuns'];

const PAGE = 100;

export default function Exports() {
  const [server, setServer] = useState<(typeof SERVERS)[number]['value']>('plex-export');
  return (
    <Page title={t('nav.exports')}>
      <p class="muted">{t('exports.about')}</p>
      <Chips label={t('exports.server')} options={SERVERS} value={server} onValue={setServer} />
      <Server key={server} prefix={server} />
    </Page>
  );
}

/** In the browser's zone, where the daemon could tell the instant. */
function instant(told: string, at: string | null | undefined): string {
  return at ? dateTime(new Date(at)) : told;
}

function Server({ prefix }: { prefix: string }) {
  const statistics = useResource(
    (signal) => request<{ statistics: Statistics }>('GET', `/api/${prefix}/statistics`, { signal }),
    [prefix],
    ['exports'],
  );
  const runs = useResource((signal) => request<Runs>('GET', `/api/${prefix}/runs`, { signal }), [prefix], ['exports']);
  const [run, setRun] = useState('');
  const [table, setTable] = useState<Kind>('library');
  async function read() {
    await tell(request('POST', `/api/${prefix}/import`), t('exports.was_read'));
    statistics.reload();
    runs.reload();
  }
  return (
    <>
      <Card
        title={t('exports.holds')}
        aside={
          <button type="button" class="button small" onClick={read}>
            {t('exports.read')}
          </button>
        }
      >
        <Loaded of={statistics}>
          {({ statistics: of }) => (
            <div class="figures">
              <Count of={of.latest_run_library_count ?? of.total_library_records} noun="exports.figure_titles" />
              <Count of={of.latest_run_total_episodes ?? 0} noun="exports.figure_episodes" />
              <Figure value={<When at={runs.data?.instants[0] ?? of.latest_run} />} label={t('exports.last_read')} />
            </div>
          )}
        </Loaded>
      </Card>
      <div class="row">
        <Chips
          label={t('exports.listed')}
          options={TABLES.map(({ value, name }) => ({ value, name: t(name) }))}
          value={table}
          onValue={setTable}
        />
        {(runs.data?.runs.length ?? 0) > 1 && (
          <Pick
            label={t('exports.which')}
            value={run}
            onValue={setRun}
            options={[
              { value: '', name: t('exports.newest') },
              ...(runs.data?.runs ?? []).map((one, at) => ({
                value: one,
                name: instant(one, runs.data?.instants[at]),
              })),
            ]}
          />
        )}
      </div>
      <Rows key={`${table} ${run}`} prefix={prefix} table={table} run={run} />
    </>
  );
}

function Count({ of, noun }: { of: number; noun: 'exports.figure_titles' | 'exports.figure_episodes' }) {
  return <Figure value={number(of)} label={t(noun, { n: of })} />;
}

const IDS = ['tmdbid', 'tvdbid', 'imdbid'] as const;

const ids = (): Column<Row> => ({
  name: t('exports.ids'),
  plain: true,
  cell: (row) => (
    <div class="chips">
      {IDS.map((id) => row[id] && row[id] !== 'false' && <Badge key={id}>{`${id.slice(0, 4)} ${row[id]}`}</Badge>)}
    </div>
  ),
});
const library = (): Column<Row> => ({ name: t('common.library'), plain: true, cell: (row) => row.library_name });

const COLUMNS: Record<Kind, () => readonly Column<Row>[]> = {
  library: () => [
    { name: t('exports.title'), cell: (row) => row.title || row.show_name },
    library(),
    { name: t('exports.year'), cell: (row) => row.year },
    ids(),
  ],
  episodes: () => [
    { name: t('exports.title'), cell: (row) => row.show_name },
    library(),
    { name: t('exports.season'), cell: (row) => row.season_number },
    ids(),
  ],
};

function Rows({ prefix, table, run }: { prefix: string; table: Kind; run: string }) {
  const query = run ? `?${new URLSearchParams({ run_timestamp: run })}` : '';
  const rows = useResource(
    (signal) => request<{ data: Row[] }>('GET', `/api/${prefix}/${table}${query}`, { signal }),
    [prefix, table, run],
    ['exports'],
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
          <Search label={t('exports.search')} value={search} onValue={setSearch} />
          {found.length === 0 ? (
            <Empty>{t('exports.no_rows')}</Empty>
          ) : (
            <More of={found} page={PAGE}>
              {(shown) => (
                <Table
                  columns={COLUMNS[table]()}
                  rows={shown}
                  rowKey={(row) => row.id ?? ''}
                  actions={(row) => (
                    <button type="button" class="button small" onClick={() => setOpen(row)}>
                      {t('common.details')}
                    </button>
                  )}
                />
              )}
            </More>
          )}
          {open && (
            <Dialog
              title={String(open.title || open.show_name || t('common.details'))}
              onClose={() => setOpen(undefined)}
              wide
            >
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
