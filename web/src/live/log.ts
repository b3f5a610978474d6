/** Following a log over its WebSocket. */
import { address } from '../api/client';

interface Frame {
  type: 'log' | 'log_file_changed' | 'error';
  content?: string;
  log_file?: string;
  message?: string;
}

export interface LogListener {
  /** New lines, in bundles: a busy log must not draw the page anew for each line. */
  lines: (lines: string[]) => void;
  /** What follows is from another log; or from the same one, anew, after the connection was lost. */
  restarted: (file: string) => void;
  state: (connected: boolean) => void;
}

const BUNDLE_MS = 100;
const RETRY_MS = 2_000;

/** Follows a log until the returned function is called; comes back by itself. */
export function followLog(file: string, listener: LogListener): () => void {
  let socket: WebSocket | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let bundle: string[] = [];
  let flush: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  function open() {
    const url = new URL(address(`/ws/logs?log_file=${encodeURIComponent(file)}`), location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    socket = new WebSocket(url);
    socket.onopen = () => {
      listener.restarted(file);
      listener.state(true);
    };
    socket.onmessage = (event: MessageEvent<string>) => received(JSON.parse(event.data) as Frame);
    socket.onclose = () => {
      listener.state(false);
      if (!over) retry = setTimeout(open, RETRY_MS);
    };
  }

  function received(frame: Frame) {
    if (frame.type === 'log_file_changed') {
      deliver();
      listener.restarted(frame.log_file ?? file);
    } else if (frame.type === 'log') {
      bundle.push(frame.content ?? '');
      flush ??= setTimeout(deliver, BUNDLE_MS);
    }
  }

  function deliver() {
    clearTimeout(flush);
    flush = undefined;
    if (bundle.length) listener.lines(bundle);
    bundle = [];
  }

  open();
  return () => {
    over = true;
    clearTimeout(retry);
    clearTimeout(flush);
    socket?.close();
  };
}
