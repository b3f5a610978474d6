/** The steps of the setup assistant, and which are done: that is seen from what the daemon says, and stored nowhere else. */
import type { SchedulerStatus } from '../api/types';
import { t } from '../texts';
import type { Schema, Values } from './config';
import { type Check, type Readiness, waysOut } from './readiness';

export const STEPS = [
  'server',
  'keys',
  'folders',
  'languages',
  'look',
  'login',
  'schedule',
  'webhooks',
  'run',
] as const;
export type Step = (typeof STEPS)[number];

export type StepState = 'done' | 'to_do' | 'optional';

/** What the daemon says of the machine. */
export interface Facts {
  readiness: Readiness;
  schema: Schema;
  /** The settings in force; secrets are masked. */
  values: Values;
  scheduler: Pick<SchedulerStatus, 'enabled' | 'schedules'> | undefined;
  /** How many webhooks came. */
  webhooks: number;
  /** Whether a run over the library was made, and not only a dry run. */
  ran: boolean;
}

/** The checks that a step answers. */
const CHECKS: Partial<Record<Step, readonly string[]>> = {
  server: ['server', 'libraries'],
  keys: ['providers', 'tmdb', 'tvdb', 'fanart'],
  folders: ['assets_folder'],
  look: ['artwork'],
};

/** Where a check is mended; none where the assistant does not ask about it. */
export function stepOf({ id }: Pick<Check, 'id'>): Step | undefined {
  return STEPS.find((step) => CHECKS[step]?.includes(id));
}

/** What is to be changed in the steps that nothing depends on. */
export const LANGUAGE_KEYS = ['FavProvider', 'PreferredLanguageOrder', 'PreferredSeasonLanguageOrder'] as const;
export const LOOK_KEYS = ['PosterAddText', 'PosterAddBorder', 'PosterAddOverlay', 'PosterFontAllCaps'] as const;

export function stateOf(step: Step, facts: Facts): StepState {
  switch (step) {
    case 'server':
    case 'folders':
      return isWell(step, facts) ? 'done' : 'to_do';
    case 'keys':
      // One that works is enough.
      return isWell(step, facts, ({ state }) => state !== 'error') && has(step, facts, 'ok') ? 'done' : 'to_do';
    case 'languages':
      return optional(isChanged(facts, LANGUAGE_KEYS));
    case 'look':
      return optional(isChanged(facts, LOOK_KEYS));
    case 'login':
      return optional(String(facts.values.basicAuthEnabled).toLowerCase() === 'true');
    case 'schedule':
      return optional(Boolean(facts.scheduler?.enabled && facts.scheduler.schedules.length > 0));
    case 'webhooks':
      return optional(facts.webhooks > 0);
    case 'run':
      return facts.ran ? 'done' : 'to_do';
  }
}

function optional(done: boolean): StepState {
  return done ? 'done' : 'optional';
}

function checksOf(step: Step, { readiness }: Facts): Check[] {
  return readiness.checks.filter((check) => stepOf(check) === step);
}

function isWell(step: Step, facts: Facts, well = ({ state }: Check) => state === 'ok'): boolean {
  const checks = checksOf(step, facts);
  return checks.length > 0 && checks.every(well);
}

function has(step: Step, facts: Facts, state: Check['state']): boolean {
  return checksOf(step, facts).some((check) => check.state === state);
}

function isChanged({ schema, values }: Facts, keys: readonly string[]): boolean {
  return keys.some((key) => JSON.stringify(values[key]) !== JSON.stringify(schema.properties[key]?.default));
}

/** Where the assistant goes on: at the first step that is not done. */
export function firstOpen(facts: Facts): Step {
  return STEPS.find((step) => stateOf(step, facts) !== 'done') ?? 'run';
}

export function neighbours(step: Step): { before: Step | undefined; after: Step | undefined } {
  const at = STEPS.indexOf(step);
  return { before: STEPS[at - 1], after: STEPS[at + 1] };
}

export function isStep(text: string): text is Step {
  return STEPS.some((step) => step === text);
}

export function linkTo(step: Step): string {
  return `/setup/${step}`;
}

/** Where a check is mended: in the assistant, or else at its setting. */
export function wayOf(check: Check): { href: string; label: string } {
  const step = stepOf(check);
  const [way] = step ? [{ href: linkTo(step), label: t(`setup.${step}`) }] : waysOut(check);
  return way ?? { href: '/setup', label: t('setup.title') };
}
