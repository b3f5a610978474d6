import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connection, type Fact, follow } from './stream';

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  onopen?: () => void;
  onerror?: () => void;
  closed = false;

  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }

  close() {
    this.closed = true;
  }

  beat() {
    this.dispatchEvent(new MessageEvent('heartbeat', { data: '{"type":"heartbeat"}' }));
  }

  send(fact: Fact) {
    this.dispatchEvent(new MessageEvent(fact.type, { data: JSON.stringify(fact) }));
  }
}

const newest = () => FakeSource.opened.at(-1) as FakeSource;
let hidden = false;
let stop: () => void = () => {};
let answers = true;
const facts: Fact[] = [];
const resync = vi.fn(() => (answers ? Promise.resolve() : Promise.reject(new Error('away'))));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
  FakeSource.opened = [];
  facts.length = 0;
  answers = true;
  hidden = false;
  resync.mockClear();
  connection.value = 'connecting';
  stop = follow({ fact: (fact) => facts.push(fact), resync });
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function fail() {
  newest().onerror?.();
  await vi.advanceTimersByTimeAsync(0);
}

test('the state is read once the stream is open, and facts are handed on', () => {
  newest().onopen?.();
  expect(connection.value).toBe('live');
  expect(resync).toHaveBeenCalledTimes(1);
  newest().send({ id: 7, at: '', type: 'run_started', run: 1, mode: 'normal', trigger: 'api' });
  expect(facts.map((fact) => fact.id)).toEqual([7]);
});

test('a stream that breaks comes back after the last event it saw', async () => {
  newest().onopen?.();
  newest().send({ id: 41, at: '', type: 'queue_changed', waiting: 1 });
  await fail();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSource.opened).toHaveLength(2);
  expect(newest().url).toContain('last_event_id=41');
});

test('while the daemon is away the page says so, waits longer each time, and goes on when it is back', async () => {
  newest().onopen?.();
  answers = false;
  await fail();
  expect(connection.value).toBe('lost');
  await vi.advanceTimersByTimeAsync(2_000);
  await fail();
  expect(FakeSource.opened).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(FakeSource.opened).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSource.opened).toHaveLength(3);
  answers = true;
  newest().onopen?.();
  expect(connection.value).toBe('live');
});

test('a stream that a proxy holds back is replaced by asking now and then', async () => {
  for (let round = 0; round < 3; round += 1) {
    await fail();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(connection.value).toBe('polling');
  const asked = resync.mock.calls.length;
  await vi.advanceTimersByTimeAsync(14_000);
  await fail();
  expect(resync.mock.calls.length).toBe(asked + 1);
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

test('a stream that stays silent without an error is replaced by asking within 5 seconds', async () => {
  await pass(1_000);
  expect(resync).toHaveBeenCalledTimes(1);
  await pass(4_000);
  expect(newest().closed).toBe(true);
  expect(connection.value).toBe('polling');
  const asked = resync.mock.calls.length;
  await pass(15_000);
  expect(FakeSource.opened).toHaveLength(2);
  expect(resync.mock.calls.length).toBe(asked + 1);
  expect(connection.value).toBe('polling');
});

test('a head that comes without a body is no stream, again and again', async () => {
  newest().onopen?.();
  expect(connection.value).toBe('live');
  await pass(5_000);
  expect(connection.value).toBe('polling');
  await pass(10_000);
  newest().onopen?.();
  expect(connection.value).toBe('polling');
  await pass(5_000);
  expect(newest().closed).toBe(true);
});

test('the stream is taken up again as soon as something comes through', async () => {
  await pass(5_000);
  expect(connection.value).toBe('polling');
  await pass(10_000);
  const asked = resync.mock.calls.length;
  newest().onopen?.();
  newest().beat();
  expect(connection.value).toBe('live');
  expect(resync.mock.calls.length).toBe(asked + 1);
  for (let beats = 0; beats < 5; beats += 1) {
    await pass(4_000);
    newest().beat();
  }
  expect(connection.value).toBe('live');
  expect(FakeSource.opened).toHaveLength(2);
});

test('a stream that falls silent later is replaced by asking, too', async () => {
  newest().onopen?.();
  newest().beat();
  await pass(9_000);
  expect(connection.value).toBe('live');
  await pass(1_000);
  expect(connection.value).toBe('polling');
});

test('silence while the daemon is away is a lost connection', async () => {
  answers = false;
  await pass(5_000);
  expect(connection.value).toBe('lost');
});

test('a hidden page lets go of the stream, and takes it up when it is seen', async () => {
  newest().onopen?.();
  hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(newest().closed).toBe(true);
  expect(connection.value).toBe('paused');
  hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  newest().onopen?.();
  expect(connection.value).toBe('live');
  expect(resync).toHaveBeenCalledTimes(2);
});
