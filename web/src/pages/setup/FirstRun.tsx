/** The first run, or a dry run first. */
import { Link, useLocation } from 'wouter-preact';
import { useBusy } from '../../components/busy';
import { messageOf } from '../../lib/readiness';
import { startRun } from '../../lib/startRun';
import { type Facts, linkTo, stepOf } from '../../lib/steps';
import { status } from '../../live/state';
import { t, word } from '../../texts';
import { StepForm } from './StepForm';

export function FirstRunStep({ facts: { readiness } }: { facts: Facts }) {
  const [, navigate] = useLocation();
  const busy = useBusy();
  const missing = readiness.checks.filter(({ state }) => state === 'error');

  async function start(dryRun: boolean): Promise<boolean> {
    const id = await startRun({ mode: 'normal' }, dryRun);
    if (id === undefined) return false;
    navigate(`/runs/${id}`);
    return true;
  }

  return (
    <StepForm
      step="run"
      submit={t('setup.start')}
      onSubmit={() => start(false)}
      beside={
        <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(start(true))}>
          {t('common.dry_run')}
        </button>
      }
    >
      {missing.length > 0 && (
        <div class="notice tone-warn">
          <div>
            {t('setup.missing')}
            <ul class="plain-list">
              {missing.map((check, index) => {
                const step = stepOf(check);
                const name = word('check', check.id, check.name);
                return (
                  <li key={`${check.id}-${index}`}>
                    {step ? <Link href={linkTo(step)}>{name}</Link> : name}: {messageOf(check)}
                  </li>
                );
              })}
            </ul>
          </div>
        </div>
      )}
      {status.value?.running && <p class="notice tone-warn">{t('common.waits')}</p>}
    </StepForm>
  );
}
