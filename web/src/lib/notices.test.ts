import { expect, test } from 'vitest';
import type { Fire, RunRecord, TriggerEntry } from '../api/types';
import { noticesOf, type Sources, stillSeen } from './notices';

const OK = {
  config: 'ok',
  database: 'ok',
  actors: 'ok',
  logs: 'ok',
  assets: 'ok',
  disk: 'ok',
  history: 'ok',
  queue: 'ok',
} as const;
const run = (changes: Partial<RunRecord>) =>
  ({ id: 7, mode: 'normal', ended: '2026-01-01T00:00:00Z', outcome: 'failed', ...changes }) as RunRecord;
const job = { id: 'a', mode: 'arr', trigger: 'webhook', last_error: 'no run can work', state: 'failed' };
const fire = { schedule: 's', time: '03:00', mode: 'scheduled', due: '2026-01-01T03:00:00+01:00', state: 'missed' };

const titles = (sources: Sources) => noticesOf(sources).map(({ title }) => title);

test('where all is well there is nothing to know', () => {
  const schedule = { enabled: true, history: [], not_run: [], problem: null, problem_because: [] };
  const runs = [run({ outcome: 'completed' })];
  const readiness = { ready: true, checks: [] };
  expect(
    noticesOf({
      health: { checks: OK, reasons: {}, reason_codes: {} },
      jobs: [],
      schedule,
      runs,
      readiness,
      pictures: 0,
    }),
  ).toEqual([]);
  expect(noticesOf({})).toEqual([]);
});

test('each trouble is told with the way to mend it, what is worst first', () => {
  const server = {
    id: 'server',
    name: 'Media server',
    state: 'error',
    message: 'no address is set',
    params: {},
    keys: [],
  } as const;
  const warning = { ...server, id: 'tvdb', state: 'warning' } as const;
  const notices = noticesOf({
    readiness: {
      ready: false,
      checks: [
        { ...server, keys: [] },
        { ...warning, keys: [] },
      ],
    },
    health: { checks: { ...OK, disk: 'degraded' }, reasons: { disk: 'the disk is almost full' }, reason_codes: {} },
    jobs: [job as unknown as TriggerEntry],
    schedule: { enabled: true, history: [fire as Fire], not_run: [], problem: null, problem_because: [] },
    runs: [run({})],
    pictures: 3,
  });
  expect(notices.map(({ tone, way }) => [tone, way.href])).toEqual([
    ['bad', '/setup/server'],
    ['bad', '/triggers'],
    ['bad', '/schedules'],
    ['bad', '/runs/7'],
    ['warn', '/logs'],
    ['plain', '/actions'],
  ]);
  expect(notices.find(({ tone }) => tone === 'warn')?.text).toBe('The disk is almost full');
});

test('a dry run that failed, and a run that was stopped, are no trouble', () => {
  expect(titles({ runs: [run({ dry_run: true })] })).toEqual([]);
  expect(titles({ runs: [run({ outcome: 'stopped' })] })).toEqual([]);
  expect(titles({ runs: [run({}), run({ id: 6 })] })).toHaveLength(1);
});

test('what was mended and comes back is new; what has told nothing stays seen', () => {
  const sources = { runs: [run({})] };
  const [first] = noticesOf(sources);
  const id = first?.id ?? '';
  expect(stillSeen([id, 'jobs:a'], sources)).toEqual([id, 'jobs:a']);
  expect(stillSeen([id, 'jobs:a'], { runs: [run({ id: 8 })], jobs: [] })).toEqual([]);
});

test('a queue on hold is a warning that leads to the queue', () => {
  const health = {
    checks: { ...OK, queue: 'degraded' as const },
    reasons: { queue: 'the queue is held' },
    reason_codes: { queue: 'queue_held' },
  };
  expect(noticesOf({ health })).toMatchObject([
    { tone: 'warn', title: 'Queue', text: 'The queue is held', way: { href: '/triggers' } },
  ]);
});
