/**
 * The event stream: one connection to `/api/events`, held while the page is seen.
 *
 * It resumes after the last event it saw. The daemon sends a heartbeat at once and every few seconds, so silence means
 * that something on the way holds the stream back: a buffering proxy causes no error, and may even pass the head of the
 * answer on. The page then asks for the state now and then instead, and tries the stream again each time. A hidden page
 * lets go of the connection.
 */
import { signal } from '@preact/signals';
import { ApiError, address } from '../api/client';
import type { Event as Fact } from '../api/types';

export type Connection = 'connecting' | 'live' | 'polling' | 'lost' | 'paused';

export type { Fact };

export interface Listener {
  /** Something happened. */
  fact(fact: Fact): void;
  /**
   * Events may have been missed: the state must be read anew, and with it what else was read before, unless nothing was.
   * Fails where the daemon does not answer.
   */
  resync(nothingWasRead?: boolean): Promise<void>;
}

/** How the page hears of news at present. */
export const connection = signal<Connection>('connecting');

/** Where the daemon answers and refuses the state: its words. */
export const refusal = signal<string | undefined>();

/** How long the first reading waits for the stream. */
const PATIENCE = 300;
let readEarly = false;

/**
 * Waits until the stream is there: what is read from then on misses nothing. Where it takes long, reading goes first, and
 * is repeated.
 */
export function listening(): Promise<void> {
  if (connection.peek() !== 'connecting') return Promise.resolve();
  return new Promise((resolve) => {
    const patience = setTimeout(() => {
      readEarly = true;
      done();
    }, PATIENCE);
    const stop = connection.subscribe((state) => {
      if (state !== 'connecting') done();
    });
    function done() {
      clearTimeout(patience);
      stop();
      resolve();
    }
  });
}

/** What a page hears of. Lines of logs come with the log, and single ends of jobs with those of runs. */
const TYPES = [
  'run_started',
  'run_not_started',
  'run_finished',
  'progress',
  'queue_changed',
  'queue_held',
  'queue_released',
  'config_changed',
  'schedule_fired',
  'schedule_missed',
  'webhook_accepted',
  'new_version',
  'actor_restarted',
  'assets_changed',
  'run_recorded',
  'export_imported',
] as const satisfies readonly Fact['type'][];
/** Sent at once and every few seconds to who names it among the types. */
const HEARTBEAT = 'heartbeat';
/** The daemon's heartbeats are 4 seconds apart; the first one comes with the head of the answer. */
const SILENCE = 5_000;
/** A stream that worked is given time for two heartbeats. */
const LONG_SILENCE = 10_000;
/** Where the stream takes longer, the state is read without it. */
const READ_AFTER = 1_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
const POLL_EVERY = 15_000;
/** Streams that end without an event while the daemon answers, before it is taken for a proxy's doing. */
const TRIES = 3;
/** A page that is hidden only for a moment keeps its connection. */
const HIDDEN_GRACE = 10_000;

export function follow(listener: Listener): () => void {
  let source: EventSource | undefined;
  let lastId: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE;
  let fruitless = 0;
  let over = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let early: ReturnType<typeof setTimeout> | undefined;

  function open() {
    close();
    const query = new URLSearchParams({ types: [...TYPES, HEARTBEAT].join(',') });
    if (lastId !== undefined) query.set('last_event_id', String(lastId));
    source = new EventSource(address(`/api/events?${query}`));
    source.onopen = opened;
    source.onerror = failed;
    source.addEventListener(HEARTBEAT, alive);
    source.addEventListener('resync', () => {
      alive();
      void listener.resync().catch(failed);
    });
    for (const type of TYPES) source.addEventListener(type, received);
    silence = setTimeout(heldBack, SILENCE);
    if (connection.value === 'connecting') early = setTimeout(readWithout, READ_AFTER);
  }

  function close() {
    clearTimeout(timer);
    clearTimeout(silence);
    clearTimeout(early);
    source?.close();
    source = undefined;
  }

  /** The head of the answer came. That is no proof after a stream that was held back: its body may be held back again. */
  function opened() {
    pause = FIRST_PAUSE;
    if (connection.value !== 'polling') live();
  }

  /** Something came through. */
  function alive() {
    clearTimeout(silence);
    silence = setTimeout(heldBack, LONG_SILENCE);
    live();
  }

  function live() {
    clearTimeout(early);
    const before = connection.value;
    connection.value = 'live';
    if (before !== 'live') void listener.resync(before === 'connecting' && !readEarly).catch(failed);
  }

  /** The first state, where the stream takes its time; it is read again when the stream is there. */
  function readWithout() {
    readEarly = true;
    void listener.resync().catch(failed);
  }

  /** Nothing came for too long, and no error. */
  async function heldBack() {
    close();
    if (document.hidden) {
      connection.value = 'paused';
      return;
    }
    await poll(() => {
      connection.value = 'polling';
      timer = setTimeout(open, POLL_EVERY - SILENCE);
    });
  }

  function received(event: MessageEvent<string>) {
    fruitless = 0;
    alive();
    const fact = JSON.parse(event.data) as Fact;
    lastId = fact.id;
    listener.fact(fact);
  }

  async function failed() {
    close();
    await poll(() => {
      fruitless += 1;
      if (fruitless < TRIES) {
        timer = setTimeout(open, pause);
      } else {
        connection.value = 'polling';
        // The poll is a try of the stream, too: it ends the polling as soon as the stream gets through.
        timer = setTimeout(open, POLL_EVERY);
      }
    });
  }

  /** Reads the state; `then` where the daemon answers. Where it does not, it is tried again later. */
  async function poll(then: () => void) {
    try {
      await listener.resync();
    } catch (cause) {
      if (over) return;
      refusal.value = cause instanceof ApiError && cause.status > 0 ? cause.message : undefined;
      connection.value = 'lost';
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      timer = setTimeout(open, pause);
      return;
    }
    if (over || source) return;
    if (document.hidden) connection.value = 'paused';
    else then();
  }

  function visibilityChanged() {
    clearTimeout(timer);
    if (!document.hidden) {
      if (!source) open();
    } else {
      timer = setTimeout(() => {
        close();
        connection.value = 'paused';
      }, HIDDEN_GRACE);
    }
  }

  document.addEventListener('visibilitychange', visibilityChanged);
  open();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', visibilityChanged);
    close();
  };
}
