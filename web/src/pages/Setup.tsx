/** The setup assistant: from a new machine to the first posters, a step at a time. */
import '../styles/setup.css';
import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-preact';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link, Redirect, useParams } from 'wouter-preact';
import { body, client, request } from '../api/client';
import { Loaded, Page } from '../components/basics';
import { type Config, inForce, type Schema } from '../lib/config';
import { readiness, setupOffered } from '../lib/readiness';
import { useResource } from '../lib/resource';
import { type Facts, firstOpen, isStep, linkTo, STEPS, type Step, type StepState, stateOf } from '../lib/steps';
import { scheduler } from '../live/state';
import { t } from '../texts';
import { FirstRunStep } from './setup/FirstRun';
import { FoldersStep } from './setup/Folders';
import { KeysStep } from './setup/Keys';
import { LanguagesStep } from './setup/Languages';
import { LoginStep } from './setup/Login';
import { LookStep } from './setup/Look';
import { ScheduleStep } from './setup/Schedule';
import { ServerStep } from './setup/Server';
import { ReloadFacts } from './setup/StepForm';
import { WebhooksStep } from './setup/Webhooks';

const VIEWS: Record<Step, ComponentType<{ facts: Facts }>> = {
  server: ServerStep,
  keys: KeysStep,
  folders: FoldersStep,
  languages: LanguagesStep,
  look: LookStep,
  login: LoginStep,
  schedule: ScheduleStep,
  webhooks: WebhooksStep,
  run: FirstRunStep,
};

export default function Setup() {
  const told = useResource(factsNow, [], ['config', 'webhooks', 'schedule', 'runs']);
  const wanted = useParams<{ step?: string }>().step ?? '';
  useEffect(() => {
    setupOffered.value = true;
  }, []);
  return (
    <Page title={t('setup.title')} help="first-posters" actions={<Link href="/">{t('setup.leave')}</Link>}>
      <Loaded of={told}>
        {(known) => {
          const facts = { ...known, scheduler: scheduler.value ?? known.scheduler };
          if (!isStep(wanted)) return <Redirect to={linkTo(firstOpen(facts))} replace />;
          const View = VIEWS[wanted];
          return (
            <div class="setup">
              <ReloadFacts.Provider value={told.reload}>
                <View key={wanted} facts={facts} />
              </ReloadFacts.Provider>
              <Progress facts={facts} current={wanted} />
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}

async function factsNow(signal: AbortSignal): Promise<Facts> {
  const [told, config, schema, webhooks, runs] = await Promise.all([
    readiness(signal),
    request<Config>('GET', '/api/config?masked=true', { signal }),
    request<Schema>('GET', '/api/config/schema', { signal }),
    client.GET('/api/webhooks', { params: { query: { limit: 1, payloads: false } }, signal }).then(body),
    client.GET('/api/runs', { params: { query: { limit: 20 } }, signal }).then(body),
  ]);
  return {
    readiness: told,
    schema,
    values: inForce(schema, config),
    scheduler: undefined,
    webhooks: webhooks.webhooks.length,
    ran: runs.runs.some(({ mode, dry_run }) => (mode === 'normal' || mode === 'scheduled') && !dry_run),
  };
}

const ICONS = { done: CircleCheck, to_do: CircleAlert, optional: CircleDashed };
const TONES: Record<StepState, string> = { done: 'good', to_do: 'warn', optional: 'plain' };

/** All steps, how they stand, and the way to each. */
function Progress({ facts, current }: { facts: Facts; current: Step }) {
  const states = STEPS.map((step) => ({ step, state: stateOf(step, facts) }));
  const done = states.filter(({ state }) => state === 'done').length;
  return (
    <nav class="card setup-steps" aria-label={t('setup.steps')}>
      <p class="muted">{t('setup.progress', { done, n: STEPS.length })}</p>
      <ol>
        {states.map(({ step, state }) => {
          const Icon = ICONS[state];
          return (
            <li key={step}>
              <Link href={linkTo(step)} aria-current={step === current ? 'step' : undefined}>
                <span class={`check-icon ${TONES[state]}`}>
                  <Icon size={18} aria-hidden="true" />
                </span>
                <span>
                  {t(`setup.${step}`)} <span class="visually-hidden">{t(`setup.state_${state}`)}</span>
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
