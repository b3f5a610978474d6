import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appended, followLog } from './log';

class FakeSocket {
  static opened: FakeSocket[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  constructor() {
    FakeSocket.opened.push(this);
  }

  close() {
    this.closed = true;
  }

  send(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const newest = () => FakeSocket.opened.at(-1) as FakeSocket;
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
let file: string[] = [];
let refused: string | undefined;
let shown: string[] = [];
let state: (string | undefined)[] = [];
let problem: string | undefined;
let stop: () => void = () => {};

function answer(status: number, content: object) {
  return new Response(JSON.stringify(content), { status, headers: { 'content-type': 'application/json' } });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('fetch', async (request: Request | string) => {
    if (typeof request === 'string') return answer(refused ? 403 : 405, { detail: refused });
    if (file.length === 0) return answer(404, { detail: 'Log file not found' });
    return answer(200, { content: file });
  });
  FakeSocket.opened = [];
  file = ['one', 'two'];
  refused = undefined;
  shown = [];
  state = [];
  problem = undefined;
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function follow() {
  stop = followLog('a.log', {
    lines: (lines) => shown.push(...lines),
    restarted: () => {
      shown = [];
    },
    state: (way, why) => {
      state = [way, why];
    },
    problem: (text) => {
      problem = text;
    },
  });
  await pass(0);
}

test('the first lines come by HTTP, and those after them over the socket', async () => {
  await follow();
  expect(shown).toEqual(['one', 'two']);
  for (const content of ['one', 'two']) newest().send({ type: 'log', content });
  newest().send({ type: 'heartbeat' });
  expect(state).toEqual(['socket', undefined]);
  newest().send({ type: 'log', content: 'three' });
  await pass(100);
  expect(shown).toEqual(['one', 'two', 'three']);
});

test('where the socket is closed at once the page polls', async () => {
  await follow();
  newest().onclose?.();
  await pass(0);
  expect(state).toEqual(['polling', undefined]);
  file = ['one', 'two', 'three'];
  await pass(3_000);
  expect(shown).toEqual(['one', 'two', 'three']);
});

test('where the socket stays silent the page polls, and goes back to the socket once that works', async () => {
  await follow();
  await pass(5_000);
  expect(newest().closed).toBe(true);
  expect(state[0]).toBe('polling');
  await pass(2_000);
  expect(FakeSocket.opened).toHaveLength(2);
  newest().send({ type: 'heartbeat' });
  expect(state[0]).toBe('socket');
});

test('the reason for which the daemon refuses the socket is told', async () => {
  refused = 'this page is of another host';
  await follow();
  newest().onclose?.();
  await pass(0);
  expect(state).toEqual(['polling', 'this page is of another host']);
});

test('a log that is not there is told, and is shown once it is', async () => {
  file = [];
  await follow();
  expect(problem).toBe('Log file not found');
  newest().onclose?.();
  file = ['one'];
  await pass(3_000);
  expect(problem).toBeUndefined();
  expect(shown).toEqual(['one']);
});

test('that a log is not there stays told while the socket waits for it', async () => {
  file = [];
  await follow();
  newest().send({ type: 'heartbeat' });
  expect([state[0], problem]).toEqual(['socket', 'Log file not found']);
  newest().send({ type: 'log', content: 'one' });
  await pass(100);
  expect([shown, problem]).toEqual([['one'], undefined]);
});

test('lines that are new are found by those that are known', () => {
  expect(appended(['a', 'b'], ['a', 'b', 'c'])).toEqual(['c']);
  expect(appended(['a', 'b', 'c'], ['b', 'c', 'd', 'e'])).toEqual(['d', 'e']);
  expect(appended(['a', 'b'], ['a', 'b'])).toEqual([]);
  expect(appended(['t', 't'], ['t', 't', 't'])).toEqual(['t']);
  expect(appended(['a', 'b'], ['c'])).toBeUndefined();
  expect(appended([], ['a'])).toBeUndefined();
});
