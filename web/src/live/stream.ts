/**
 * The event stream: one connection to `/api/events`, held while the page is seen.
 *
 * It resumes after the last event it saw. Where the daemon answers but the stream does not get through (a proxy that
 * holds it back), the page asks for the state now and then instead. A hidden page lets go of the connection.
 */
import { signal } from '@preact/signals';
import { address } from '../api/client';

export type Connection = 'connecting' | 'live' | 'polling' | 'lost' | 'paused';

/** One fact of the daemon, such as `run_started`, with the fields that `/api/events` documents. */
export interface Fact {
  id: number;
  at: string;
  type: string;
  [field: string]: unknown;
}

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

const TYPES = [
  'run_started',
  'run_finished',
  'progress',
  'queue_changed',
  'config_changed',
  'schedule_fired',
  'schedule_missed',
  'webhook_accepted',
  'new_version',
  'actor_restarted',
  'assets_changed',
];
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

  function open() {
    close();
    const query = new URLSearchParams({ types: TYPES.join(',') });
    if (lastId !== undefined) query.set('last_event_id', String(lastId));
    source = new EventSource(address(`/api/events?${query}`));
    source.onopen = opened;
    source.onerror = failed;
    source.addEventListener('resync', () => void listener.resync().catch(failed));
    for (const type of TYPES) source.addEventListener(type, received);
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }

  function opened() {
    const before = connection.value;
    pause = FIRST_PAUSE;
    connection.value = 'live';
    if (before !== 'live') void listener.resync(before === 'connecting' && !readEarly).catch(failed);
  }

  function received(event: MessageEvent<string>) {
    fruitless = 0;
    const fact = JSON.parse(event.data) as Fact;
    lastId = fact.id;
    listener.fact(fact);
  }

  async function failed() {
    close();
    try {
      await listener.resync();
    } catch {
      connection.value = 'lost';
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      timer = setTimeout(open, pause);
      return;
    }
    if (document.hidden) return;
    fruitless += 1;
    if (fruitless < TRIES) {
      timer = setTimeout(open, pause);
    } else {
      connection.value = 'polling';
      // The poll is a try of the stream, too: it ends the polling as soon as the stream gets through.
      timer = setTimeout(open, POLL_EVERY);
    }
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
    document.removeEventListener('visibilitychange', visibilityChanged);
    close();
  };
}
