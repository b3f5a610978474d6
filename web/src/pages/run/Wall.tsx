/** The last pictures that a run made, what it is making right now, and what went wrong. */
import { Link } from 'wouter-preact';
import { address } from '../../api/client';
import type { Status } from '../../api/types';
import { Thumbnail } from '../../components/thumbnail';
import { newest, partOf, pictureOf, type Result, type RunAsset, type RunAssets, runWithAssets } from '../../lib/assets';
import { isWide } from '../../lib/library';
import { useResource } from '../../lib/resource';
import { sentence } from '../../lib/words';
import { t } from '../../texts';

/** As many as a wide window has room for. */
const SHOWN = 12;
const FAILURES = 3;
/** Titles in the making that are told by name. */
const MAKING = 4;

/** Of the run that is on, where something is known of its assets. */
export function CurrentWall({ of }: { of: Status }) {
  const run = runWithAssets(of);
  return run === undefined ? null : <Wall run={run} />;
}

export function Wall({ run }: { run: number }) {
  const made = useLast(run, 'created', SHOWN);
  const failed = useLast(run, 'failed', FAILURES);
  if (!made) return null;
  return (
    <div class="stack">
      {!made.finished && <Making of={made} />}
      {/* A dry run makes no files that could be shown. */}
      {made.assets.length > 0 && !made.dry_run && (
        <ul class="shelf" aria-label={t('asset.made_last')}>
          {made.assets.map((asset) => (
            <li key={asset.path}>
              <Made of={asset} />
            </li>
          ))}
        </ul>
      )}
      {failed && <Failures run={run} of={failed} />}
    </div>
  );
}

function useLast(run: number, result: Result, count: number): RunAssets | null | undefined {
  return useResource((signal) => newest(run, result, count, signal), [run, result], ['runs', 'progress']).data;
}

function Making({ of: { making, counts } }: { of: RunAssets }) {
  const titles = [...new Set(making.map(({ title }) => title))];
  return (
    <p class="small-text">
      {titles.length > 0 && <>{makingText(titles)} </>}
      <span class="muted">
        {t('asset.counts', {
          created: counts.created,
          skipped: counts.skipped,
          missing: counts.missing,
          failed: counts.failed,
        })}
      </span>
    </p>
  );
}

function makingText(titles: readonly string[]): string {
  const named = titles.slice(0, MAKING).join(', ');
  const more = titles.length - MAKING;
  return more > 0 ? t('asset.making_more', { titles: named, n: more }) : t('asset.making', { titles: named });
}

function Made({ of }: { of: RunAsset }) {
  const url = pictureOf(of.path);
  return (
    <a href={address(url)} target="_blank" rel="noreferrer" class={isWide(url) ? 'shelf-item wide' : 'shelf-item'}>
      <Thumbnail url={url} width={320} />
      <span class="truncate">{of.title}</span>
      <span class="muted small-text truncate">{partOf(of)}</span>
    </a>
  );
}

function Failures({ run, of: { assets, counts } }: { run: number; of: RunAssets }) {
  if (assets.length === 0) return null;
  return (
    <div class="notice tone-bad">
      <div>
        <ul class="plain-list">
          {assets.map((asset) => (
            <li key={asset.path}>
              <strong class="lines">{asset.title}</strong> {partOf(asset)}: {sentence(asset.why)}
            </li>
          ))}
        </ul>
        {counts.failed > assets.length && (
          <Link href={`/runs/${run}?result=failed`}>{t('asset.all_failures', { n: counts.failed })}</Link>
        )}
      </div>
    </div>
  );
}
