/** A run that only tells what it would do. The built-in engine does it, also where the script does the runs. */
import type { ComponentChildren } from 'preact';
import { useLocation } from 'wouter-preact';
import type { Mode } from '../api/types';
import { startRun } from '../lib/startRun';
import { status } from '../live/state';
import { t } from '../texts';
import { useBusy } from './busy';

export function DryRun({ mode, children }: { mode: Mode; children: ComponentChildren }) {
  const busy = useBusy();
  const [, navigate] = useLocation();
  async function start() {
    const id = await startRun({ mode }, true);
    if (id !== undefined) navigate(`/runs/${id}`);
  }
  return (
    <button
      type="button"
      class="button"
      title={t('run.dry_run_help')}
      disabled={busy.on || status.value?.running}
      onClick={() => busy.while(start())}
    >
      {children}
    </button>
  );
}
