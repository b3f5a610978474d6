/**
 * Following a log.
 *
 * The first lines come by an ordinary request, which gets through everywhere. The lines after them come over a WebSocket.
 * Where that does not get through (a proxy drops it, holds it back, or names another host), the page asks for the end of
 * the log every few seconds, says why, and tries the socket again now and then.
 */
import { address, body, client, failure } from '../api/client';
import { asError } from '../lib/errors';

interface Frame {
  type: 'log' | 'log_file_changed' | 'error' | 'heartbeat';
  content?: string;
  log_file?: string;
  message?: string;
}

/** How new lines come. */
export type Way = 'connecting' | 'socket' | 'polling';

export interface LogListener {
  /** New lines, in bundles: a busy log must not draw the page anew for each line. */
  lines: (lines: string[]) => void;
  /** What follows is from another log; or from the same one, anew, since lines may have been missed. */
  restarted: (file: string) => void;
  /** How new lines come; for `polling` with the daemon's reason, where it refused the socket. */
  state: (way: Way, why?: string) => void;
  /** Why the log cannot be read; undefined once it can. */
  problem: (text: string | undefined) => void;
}

const BUNDLE_MS = 100;
const RETRY_MS = 2_000;
/** The pause between tries of the socket while the page polls. */
const RETRY_POLLING_MS = 15_000;
export const POLL_MS = 3_000;
/** The socket sends something at once and every few seconds; what is silent for longer does not get through. */
const SILENCE_MS = 5_000;
const LONG_SILENCE_MS = 10_000;
/** Lines that are asked for each time, and compared with those that are known. */
const TAIL = 500;

/**
 * Follows a log until the returned function is called; comes back by itself. `current` names the log that a poll reads:
 * over the socket, the daemon itself goes from log to log with the runs.
 */
export function followLog(file: string, listener: LogListener, current: () => string = () => file): () => void {
  let socket: WebSocket | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let nextPoll: ReturnType<typeof setTimeout> | undefined;
  let flush: ReturnType<typeof setTimeout> | undefined;
  let bundle: string[] = [];
  let works = false;
  let failures = 0;
  let why: string | undefined;
  let over = false;
  /** The log that is shown, and its last lines. */
  let from: string | undefined;
  let tail: string[] = [];

  function open() {
    const url = new URL(address(`/ws/logs?log_file=${encodeURIComponent(file)}&heartbeat=true`), location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const opened = new WebSocket(url);
    socket = opened;
    silence = setTimeout(() => failed(opened), SILENCE_MS);
    opened.onmessage = (event: MessageEvent<string>) => received(JSON.parse(event.data) as Frame);
    opened.onclose = () => failed(opened);
  }

  function received(frame: Frame) {
    clearTimeout(silence);
    silence = setTimeout(() => failed(socket), LONG_SILENCE_MS);
    if (frame.type === 'error') {
      listener.problem(frame.message);
      return;
    }
    if (frame.type === 'log') {
      bundle.push(frame.content ?? '');
      flush ??= setTimeout(deliver, BUNDLE_MS);
      return;
    }
    deliver();
    if (frame.type === 'log_file_changed') restart(frame.log_file ?? file, []);
  }

  /** Hands on what came over the socket; the first lines of it are mostly known already. */
  function deliver() {
    clearTimeout(flush);
    flush = undefined;
    const lines = bundle;
    bundle = [];
    if (works) {
      add(lines);
      return;
    }
    works = true;
    failures = 0;
    why = undefined;
    clearTimeout(nextPoll);
    listener.state('socket');
    merge(file, lines);
  }

  function failed(which: WebSocket | undefined) {
    if (over || which !== socket) return;
    clearTimeout(silence);
    clearTimeout(flush);
    flush = undefined;
    bundle = [];
    socket = undefined;
    if (which) {
      which.onmessage = null;
      which.onclose = null;
      which.close();
    }
    works = false;
    failures += 1;
    listener.state('connecting');
    clearTimeout(retry);
    retry = setTimeout(open, failures === 1 ? RETRY_MS : RETRY_POLLING_MS);
    void refusal(file).then((text) => {
      why = text;
      void poll();
    });
  }

  /** Reads the end of the log; goes on doing so while the socket does not work. */
  async function poll() {
    clearTimeout(nextPoll);
    const wanted = current();
    try {
      const lines = await lastLines(wanted);
      if (over || works) return;
      merge(wanted, lines);
      listener.problem(undefined);
      if (failures > 0) listener.state('polling', why);
    } catch (cause) {
      // A log that is not there can be followed all the same.
      if (over || (works && tail.length > 0)) return;
      const error = asError(cause);
      // That the daemon is away is told for the page as a whole.
      if (error.status !== 0) listener.problem(error.message);
      else if (!works) listener.state('connecting');
    }
    clearTimeout(nextPoll);
    if (failures > 0 && !over) nextPoll = setTimeout(poll, POLL_MS);
  }

  /** Shows the end of a log, where possible as what was added to what is shown. */
  function merge(wanted: string, lines: string[]) {
    const more = wanted === from ? appended(tail, lines) : undefined;
    if (more) add(more);
    else restart(wanted, lines);
  }

  function restart(wanted: string, lines: string[]) {
    from = wanted;
    tail = [];
    listener.restarted(wanted);
    add(lines);
  }

  function add(lines: string[]) {
    if (lines.length === 0) return;
    listener.problem(undefined);
    tail = tail.concat(lines).slice(-TAIL);
    listener.lines(lines);
  }

  void poll();
  open();
  return () => {
    over = true;
    for (const timer of [retry, silence, nextPoll, flush]) clearTimeout(timer);
    socket?.close();
  };
}

async function lastLines(file: string): Promise<string[]> {
  const params = { path: { log_name: file }, query: { tail: TAIL } };
  const answer = body(await client.GET('/api/logs/{log_name}', { params })) as unknown as { content: string[] };
  return answer.content.map((line) => line.trimEnd());
}

/**
 * The daemon's words where it refuses the socket. A browser does not give them to scripts; but the daemon refuses other
 * requests of such a page for the same reason, so that one that does nothing tells.
 */
async function refusal(file: string): Promise<string | undefined> {
  try {
    const asked = await fetch(address(`/ws/logs?log_file=${encodeURIComponent(file)}`), { method: 'POST' });
    if (asked.status !== 403) return undefined;
    const error = await failure(asked);
    return error.message;
  } catch {
    return undefined;
  }
}

/** What `next` has after `known`, where it begins within the last lines of it; undefined where it does not. */
export function appended(known: readonly string[], next: readonly string[]): string[] | undefined {
  for (let start = 0; start < known.length; start += 1) {
    const common = known.length - start;
    if (common <= next.length && known.slice(start).every((line, index) => line.trimEnd() === next[index]?.trimEnd())) {
      return next.slice(common);
    }
  }
  return undefined;
}
