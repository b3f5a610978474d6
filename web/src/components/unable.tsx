/** What keeps runs over the library from working: the same fact on every page that plans or starts them. */
import { Link } from 'wouter-preact';
import { lastReadiness, readiness, useReadiness } from '../lib/readiness';
import { wayOf } from '../lib/steps';
import { tell } from '../lib/toast';
import { status } from '../live/state';
import { said, t, word } from '../texts';
import { useBusy } from './busy';
import { Finding, Own } from './finding';

/** Nothing at all can run. */
export function NoRunner() {
  const known = status.value;
  if (!known || known.runner.available) return null;
  const english = t('run.no_runner', { reason: known.runner.reason ?? t('run.no_runner_found') });
  const own = said('finding', 'runner_missing');
  return (
    <div class="notice tone-bad">
      <Own text={own && `${own} ${said('mend', 'runner_missing') ?? ''}`} english={english} />
    </div>
  );
}

/** Runs start, and fail: something that they need is missing. `known`: only what the daemon was asked elsewhere. */
export function Unready({ known = false }: { known?: boolean }) {
  useReadiness(!known);
  const busy = useBusy();
  const told = lastReadiness.value;
  if (!told || told.ready) return null;
  const again = () => tell(readiness(new AbortController().signal));
  return (
    <section class="notice tone-warn" aria-label={t('steps.unable')}>
      <div>
        <strong>{t('steps.unable')}</strong>
        <ul class="plain-list small-text">
          {told.checks
            .filter(({ state }) => state === 'error')
            .map((check) => (
              <li key={check.id}>
                <Link href={wayOf(check).href}>{word('check', check.id, check.name)}</Link>: <Finding of={check} />
              </li>
            ))}
        </ul>
      </div>
      <button type="button" class="button small" disabled={busy.on} onClick={() => busy.while(again())}>
        {busy.on ? t('steps.checking') : t('steps.check_again')}
      </button>
    </section>
  );
}
