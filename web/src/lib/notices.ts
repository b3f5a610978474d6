/** What somebody should know of the machine, gathered from what the page has already asked for. */
import type { Fire, Health, RunRecord, SchedulerStatus, TriggerEntry } from '../api/types';
import { said, t, word } from '../texts';
import { messageOf, type Readiness } from './readiness';
import { reasonText } from './reasons';
import { linkTo, wayOf } from './steps';
import { modeName, outcomeText, outcomeTone, plainReason, runName, sentence, triggerText } from './words';

export interface Notice {
  /** The same for as long as it is the same trouble; begins with its source. */
  id: string;
  tone: 'bad' | 'warn' | 'plain';
  title: string;
  text?: string | undefined;
  at?: string | null | undefined;
  /** Where it is mended, or looked into. */
  way: { href: string; label: string };
}

/** What each source told; absent while it has told nothing. */
export interface Sources {
  readiness?: Readiness | undefined;
  health?: Pick<Health, 'checks' | 'reasons' | 'reason_codes'> | undefined;
  jobs?: readonly TriggerEntry[] | undefined;
  schedule?: Pick<SchedulerStatus, 'history' | 'not_run' | 'problem' | 'problem_because' | 'enabled'> | undefined;
  /** The newest run first. */
  runs?: readonly RunRecord[] | undefined;
  /** How many pictures need attention. */
  pictures?: number | undefined;
}

type Source = keyof Sources;
type Reader<S extends Source> = (of: NonNullable<Sources[S]>) => Notice[];

const READERS: { [S in Source]: Reader<S> } = {
  readiness: ({ checks }) =>
    checks
      .filter(({ state }) => state === 'error')
      .map((check) => ({
        id: `readiness:${check.id}:${check.message}`,
        tone: 'bad',
        title: word('check', check.id, check.name),
        text: messageOf(check),
        way: wayOf(check),
      })),
  health: ({ checks, reasons, reason_codes }) =>
    Object.entries(checks)
      .filter(([, state]) => state !== 'ok')
      .map(([name, state]) => ({
        id: `health:${name}:${state}`,
        tone: state === 'error' ? 'bad' : 'warn',
        title: word('health_check', name),
        text: said('health_reason', reason_codes[name]) ?? (reasons[name] && sentence(reasons[name])),
        way: HEALTH_WAYS[name]?.() ?? { href: '/logs', label: t('nav.logs') },
      })),
  jobs: (jobs) =>
    jobs.map((job) => ({
      id: `jobs:${job.id}`,
      tone: 'bad',
      title: t('notices.job', { run: runName(job), trigger: triggerText(job.trigger) }),
      text: job.last_error ? reasonText('run_reason', job.because, plainReason(job.last_error)) : undefined,
      at: job.created,
      way: { href: '/triggers', label: t('nav.triggers') },
    })),
  schedule: ({ history, not_run, problem, problem_because }) => [
    ...(problem
      ? [
          {
            id: `schedule:${problem}`,
            tone: 'bad',
            title: t('notices.timetable'),
            text: reasonText('wrong', problem_because, problem),
            way: schedules(),
          } as const,
        ]
      : []),
    ...not_run.map(
      ({ entry, reason, because }) =>
        ({
          id: `schedule:idle:${entry}:${reason}`,
          tone: 'warn',
          title: t('notices.idle'),
          text: reasonText('wrong', because, reason),
          way: schedules(),
        }) as const,
    ),
    ...history.filter(({ state }) => state === 'missed').map(missed),
  ],
  runs: ([last]) => {
    if (!last?.ended || last.dry_run || outcomeTone(last.outcome) !== 'bad') return [];
    const title = t('event.finished', { run: runName(last), outcome: outcomeText(last.outcome) });
    const way = { href: `/runs/${last.id}`, label: t('event.open_run') };
    return [
      {
        id: `runs:${last.id}`,
        tone: 'bad',
        title,
        text: last.reason ? reasonText('run_reason', last.because, plainReason(last.reason)) : undefined,
        at: last.ended,
        way,
      },
    ];
  },
  pictures: (n) =>
    n === 0
      ? []
      : [
          {
            id: 'pictures:',
            tone: 'plain',
            title: t('notices.pictures', { n }),
            way: { href: '/actions', label: t('nav.actions') },
          },
        ],
};

const HEALTH_WAYS: Record<string, () => Notice['way']> = {
  config: () => ({ href: '/settings', label: t('nav.settings') }),
  assets: () => ({ href: linkTo('folders'), label: t('setup.folders') }),
  history: () => ({ href: '/history', label: t('nav.history') }),
  queue: () => ({ href: '/triggers', label: t('nav.triggers') }),
};

function schedules(): Notice['way'] {
  return { href: '/schedules', label: t('nav.schedules') };
}

function missed({ schedule, time, mode, due, epoch }: Fire): Notice {
  return {
    id: `schedule:${schedule}:${due}:${epoch ?? 0}`,
    tone: 'bad',
    title: t('notices.missed', { run: modeName(mode), time }),
    at: due,
    way: schedules(),
  };
}

const ORDER = { bad: 0, warn: 1, plain: 2 };

/** All there is to know, what is worst first. */
export function noticesOf(sources: Sources): Notice[] {
  const all = (Object.keys(READERS) as Source[]).flatMap((source) => read(source, sources));
  return all.sort((one, other) => ORDER[one.tone] - ORDER[other.tone]);
}

function read<S extends Source>(source: S, sources: Sources): Notice[] {
  const told = sources[source];
  return told === undefined ? [] : (READERS[source] as Reader<S>)(told as NonNullable<Sources[S]>);
}

/** The seen ones that are still there: what comes back after it was mended is new. What has told nothing stays. */
export function stillSeen(seen: readonly string[], sources: Sources): string[] {
  const there = new Set(noticesOf(sources).map(({ id }) => id));
  return seen.filter((id) => {
    const source = id.slice(0, id.indexOf(':')) as Source;
    return sources[source] === undefined || there.has(id);
  });
}
