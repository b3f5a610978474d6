/** First steps: what a run over the library needs, what of it is missing, and where that is set. */
import { CircleAlert, CircleCheck, CircleX } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import {
  type Check,
  inOrder,
  lastReadiness,
  type Readiness,
  readiness,
  STATES,
  setupOffered,
  wasReady,
  waysOut,
} from '../lib/readiness';
import { useResource } from '../lib/resource';
import { linkTo, stepOf } from '../lib/steps';
import { rich, t, word } from '../texts';
import { Badge, Card, Problem } from './basics';
import { Advice, Finding } from './finding';
import { Unready } from './unable';

/** On the dashboard, until all was well once; then it is seen for the last time, and what is missing later is told shortly. */
export function FirstSteps() {
  const [wanted] = useState(!wasReady.value);
  useOffer();
  return wanted ? <Steps also /> : <Unready known />;
}

/** Opens the setup assistant on a machine that is not ready, once, and not under somebody's hands. */
function useOffer() {
  const [, navigate] = useLocation();
  const told = lastReadiness.value;
  useEffect(() => {
    const isIdle = document.activeElement === null || document.activeElement === document.body;
    if (told && !told.ready && !setupOffered.peek() && isIdle) navigate('/setup', { replace: true });
  }, [told]);
}

/** On Run, while something is missing. */
export function MissingSteps() {
  return <Steps />;
}

/** `also`: with what can be done besides. */
function Steps({ also = false }: { also?: boolean }) {
  const asked = useResource(readiness, [], ['config']);
  const told = asked.data ?? lastReadiness.value;
  if (asked.error) return <Problem error={asked.error} retry={asked.reload} />;
  // On Run nothing moves while others are asked, where all was well before.
  if (!also && (told ? told.ready : wasReady.value)) return null;
  return (
    <Card
      class={told ? '' : 'asking'}
      title={t('steps.title')}
      aside={
        told && (
          <div class="row">
            <Missing of={told} />
            <button type="button" class="button small" disabled={asked.loading} onClick={asked.reload}>
              {asked.loading ? t('steps.checking') : t('steps.check_again')}
            </button>
          </div>
        )
      }
    >
      {told ? (
        <>
          <div class="row">
            <p class="grow">{told.ready ? <Ready /> : t('steps.needs')}</p>
            <Link class={told.ready ? 'button' : 'button primary'} href="/setup">
              {t('setup.title')}
            </Link>
          </div>
          <ul class="checks">
            {inOrder(told.checks).map((check, index) => (
              // Several checks may have the same name.
              <li key={`${check.id}-${index}`}>
                <One of={check} />
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p class="muted" role="status">
          {t('steps.asking')}
        </p>
      )}
      {also && <Besides />}
    </Card>
  );
}

function Missing({ of: { checks } }: { of: Readiness }) {
  const count = checks.filter(({ state }) => state === 'error').length;
  return count === 0 ? (
    <Badge tone="good">{t('steps.ready')}</Badge>
  ) : (
    <Badge tone="bad">{t('steps.to_do', { n: count })}</Badge>
  );
}

function Ready() {
  return <>{rich('steps.all_there', { link: (text) => <Link href="/run">{text}</Link> })}</>;
}

const ICONS = { ok: CircleCheck, warning: CircleAlert, error: CircleX };

function One({ of }: { of: Check }) {
  const Icon = ICONS[of.state];
  const tone = STATES[of.state];
  const step = stepOf(of);
  const ways = of.state === 'ok' ? [] : step ? [{ href: linkTo(step), label: t(`setup.${step}`) }] : waysOut(of);
  return (
    <>
      <span class={`check-icon ${tone}`}>
        <Icon size={20} aria-hidden="true" />
        <span class="visually-hidden">{t(`steps.state_${of.state}`)}: </span>
      </span>
      <div>
        <strong>{word('check', of.id, of.name)}</strong>
        <div class="small-text">
          <Finding of={of} />
          <div>
            <Advice of={of} />
          </div>
        </div>
      </div>
      {ways.length > 0 && (
        <div class="row check-ways">
          {ways.map(({ href, label }) => (
            <Link key={href} class="button small" href={href}>
              {label}
            </Link>
          ))}
        </div>
      )}
    </>
  );
}

function Besides() {
  return (
    <p class="muted small-text">
      {rich('steps.besides', {
        run: (text) => <Link href="/run">{text}</Link>,
        schedules: (text) => <Link href="/schedules">{text}</Link>,
        triggers: (text) => <Link href="/triggers">{text}</Link>,
      })}
    </p>
  );
}
