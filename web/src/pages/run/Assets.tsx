/** What became of each asset of a run; of a dry run: its plan. */
import { useEffect } from 'preact/hooks';
import { address } from '../../api/client';
import type { RunRecord } from '../../api/types';
import { Badge, Card, Empty, More, Problem } from '../../components/basics';
import { Chips } from '../../components/choose';
import { Reason } from '../../components/finding';
import { Pager } from '../../components/pager';
import { type Column, Table } from '../../components/table';
import {
  partOf,
  pictureOf,
  providerName,
  RESULTS,
  type Result,
  type RunAsset,
  type RunAssets,
  resultName,
  resultTone,
  runAssets,
  sourceText,
} from '../../lib/assets';
import { list, number } from '../../lib/format';
import { useQuery } from '../../lib/query';
import { useResource } from '../../lib/resource';
import { sentence } from '../../lib/words';
import { t } from '../../texts';

const PAGE = 50;

export function Assets({ of }: { of: RunRecord }) {
  const dryRun = of.dry_run ?? false;
  const [query, setQuery] = useQuery();
  const result = RESULTS.find((one) => one === query.get('result'));
  const page = Math.max(0, (Number.parseInt(query.get('page') ?? '', 10) || 1) - 1);
  const assets = useResource(
    (signal) => runAssets(of.id, { offset: page * PAGE, limit: PAGE, result }, signal),
    [of.id, page, result],
    of.ended ? ['runs'] : ['runs', 'progress'],
  );
  const told = assets.data;
  // Somebody may have kept the address of a page that is not there any more.
  const beyond = told && told.total > 0 && page * PAGE >= told.total;
  useEffect(() => {
    if (beyond) setQuery({ page: undefined }, { replace: true });
  }, [beyond]);
  if (assets.error) return <Problem error={assets.error} retry={assets.reload} />;
  if (!told) return null;
  return (
    <Card title={dryRun ? t('asset.plan') : t('asset.results')} aside={<Summary of={told} />}>
      <Warnings of={told.warnings} />
      <Chips
        label={t('asset.which')}
        value={result ?? ''}
        onValue={(value) => setQuery({ result: value, page: undefined })}
        options={options(told, dryRun)}
      />
      {told.assets.length === 0 ? (
        <Empty>{nothing(told, of)}</Empty>
      ) : (
        <Table columns={columns(dryRun)} rows={told.assets} rowKey={(asset) => asset.path} />
      )}
      <Pager
        label={t('asset.pages')}
        page={page}
        size={PAGE}
        total={told.total}
        onPage={(next) => setQuery({ page: next ? String(next + 1) : undefined })}
      />
    </Card>
  );
}

function options({ counts }: RunAssets, dryRun: boolean) {
  const all = RESULTS.reduce((sum, result) => sum + counts[result], 0);
  return [
    { value: '' as Result | '', name: t('common.all'), aside: all },
    ...RESULTS.map((result) => ({ value: result, name: resultName(result, dryRun), aside: counts[result] })),
  ];
}

function Summary({ of: { planned, counts, finished } }: { of: RunAssets }) {
  if (finished || planned === undefined || planned === null) return null;
  const done = RESULTS.reduce((sum, result) => sum + counts[result], 0);
  return <span class="muted small-text">{t('common.of', { done: number(done), total: number(planned) })}</span>;
}

function nothing({ counts, finished }: RunAssets, run: RunRecord): string {
  if (RESULTS.some((result) => counts[result] > 0)) return t('asset.none_of_these');
  if (!run.ended) return t('asset.reading');
  return finished ? t('asset.nothing') : t('asset.ended_early');
}

function Warnings({ of }: { of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <details class="notice tone-warn warnings">
      <summary>{t('asset.warnings', { n: of.length })}</summary>
      <More of={of} page={20}>
        {(shown) => (
          <ul>
            {shown.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        )}
      </More>
    </details>
  );
}

function columns(dryRun: boolean): readonly Column<RunAsset>[] {
  return [
    { name: t('asset.picture'), cell: (asset) => <Named of={asset} dryRun={dryRun} /> },
    {
      name: t('asset.result'),
      plain: true,
      cell: ({ result }) => <Badge tone={resultTone(result)}>{resultName(result, dryRun)}</Badge>,
    },
    { name: t('asset.why'), plain: true, cell: (asset) => <Why of={asset} dryRun={dryRun} /> },
    { name: t('asset.from'), cell: ({ source }) => (source ? <Source of={source} /> : <span class="muted">—</span>) },
  ];
}

/** The title, with a way to the picture where there is one. */
function Named({ of, dryRun }: { of: RunAsset; dryRun: boolean }) {
  return (
    <>
      {of.result === 'created' && !dryRun ? (
        <a class="lines" href={address(pictureOf(of.path))} target="_blank" rel="noreferrer">
          {of.title}
        </a>
      ) : (
        <strong class="lines">{of.title}</strong>
      )}
      <div class="muted small-text">
        {partOf(of)} · {of.library}
      </div>
    </>
  );
}

function Why({ of: { why, because, provisional = [], uploaded }, dryRun }: { of: RunAsset; dryRun: boolean }) {
  return (
    <>
      <Reason family="because" of={because} english={sentence(why)} />
      {uploaded && <div class="muted small-text">{dryRun ? t('asset.would_upload') : t('asset.uploaded')}</div>}
      {provisional.length > 0 && (
        <div class="small-text">{t('asset.provisional', { providers: list(provisional.map(providerName)) })}</div>
      )}
    </>
  );
}

function Source({ of }: { of: NonNullable<RunAsset['source']> }) {
  const text = sourceText(of);
  if (!/^https?:/.test(of.address)) return <>{text}</>;
  return (
    <a href={of.address} target="_blank" rel="noreferrer">
      {text}
    </a>
  );
}
