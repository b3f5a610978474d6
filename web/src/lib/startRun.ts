/** Starting a run, or a dry run. */
import { body, client } from '../api/client';
import type { Mode, RunRecord } from '../api/types';
import { refreshStatus } from '../live/state';
import { t } from '../texts';
import { tell } from './toast';
import { modeName } from './words';

/** What is to run: a mode, or the present design for what was made before, of one library or of all. */
export type Wanted = { mode: Mode } | { restyle: string | undefined };

/** Starts it, and gives the number of the run; none where it was refused, which is told. */
export async function startRun(wanted: Wanted, dryRun = false): Promise<number | undefined> {
  const started = await tell(
    post(wanted, dryRun),
    t('run.started', { run: modeName('mode' in wanted ? wanted.mode : 'restyle', dryRun) }),
  );
  await refreshStatus().catch(() => {});
  return started?.run_id;
}

async function post(wanted: Wanted, dryRun: boolean) {
  const dry = dryRun ? { dry_run: true } : {};
  if ('mode' in wanted) {
    const params = { path: wanted, query: dry };
    return body(await client.POST('/api/run/{mode}', { params }));
  }
  const query = wanted.restyle === undefined ? dry : { ...dry, library: wanted.restyle };
  return body(await client.POST('/api/run/restyle', { params: { query } }));
}

const LIBRARY = '-LibraryToRestyle:';

/** What a dry run was of; none where only its trigger can ask for that. */
export function forReal({ mode, arguments: given }: Pick<RunRecord, 'mode' | 'arguments'>): Wanted | undefined {
  if (mode === 'normal' || mode === 'scheduled') return { mode: 'normal' };
  if (mode === 'backup' || mode === 'syncjelly' || mode === 'syncemby') return { mode };
  if (mode !== 'restyle') return undefined;
  const library = given.find((one) => one.startsWith(LIBRARY));
  return { restyle: library?.slice(LIBRARY.length) };
}
