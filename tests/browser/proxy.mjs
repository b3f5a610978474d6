// A reverse proxy as users have them, with one peculiarity each.
import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';

/**
 * Starts a proxy before a daemon; gives its `url`, and `close`.
 *
 * - `holdBack`: event streams are kept until they end. 'body' passes the head of the answer on, 'all' nothing.
 * - `sockets`: 'drop' takes `Upgrade` away, 'silent' accepts the handshake and passes nothing on.
 * - `host`: what the daemon gets as `Host`; absent: what the browser sent.
 * - `strip`: a path that is taken away before the daemon is asked; the rest of the host is somebody else's.
 * - `missing`: tells of paths that are answered with 404.
 */
export async function proxy(daemon, options = {}) {
  // `holdBack` may change while it runs.
  const { sockets, host, strip = '', missing = () => false } = options;
  const open = new Set();
  const target = () => new URL(daemon.url);
  const forwarded = (incoming) => {
    const { upgrade, connection, ...headers } = incoming.headers;
    return { ...headers, host: host ?? incoming.headers.host };
  };
  const inside = (url) => !strip || url === strip || url.startsWith(`${strip}/`);

  const server = createServer((incoming, outgoing) => {
    const path = inside(incoming.url) ? incoming.url.slice(strip.length) || '/' : undefined;
    if (path === undefined || missing(path)) {
      outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
      return;
    }
    const { hostname, port } = target();
    const asked = { hostname, port, path, method: incoming.method, headers: forwarded(incoming), agent: false };
    const upstream = ask(asked, (answer) => {
      const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
      if (isStream && options.holdBack) {
        if (options.holdBack === 'body') outgoing.writeHead(answer.statusCode, answer.headers).flushHeaders();
        answer.resume();
        return;
      }
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    upstream.on('error', () => {
      if (!outgoing.headersSent) outgoing.writeHead(502);
      outgoing.end();
    });
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });

  server.on('upgrade', (incoming, socket, head) => {
    const path = inside(incoming.url) ? incoming.url.slice(strip.length) : undefined;
    socket.on('error', () => socket.destroy());
    const { hostname, port } = target();
    const headers = forwarded(incoming);
    if (sockets !== 'drop') Object.assign(headers, { connection: 'Upgrade', upgrade: 'websocket' });
    const upstream = ask({ hostname, port, path, headers, agent: false });
    const answered = (answer) =>
      [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`, ...pairs(answer.rawHeaders), '', ''].join('\r\n');
    upstream.on('response', (answer) => {
      socket.write(answered(answer));
      answer.pipe(socket);
    });
    upstream.on('upgrade', (answer, other, first) => {
      socket.write(answered(answer));
      other.on('error', () => socket.destroy());
      other.on('close', () => socket.destroy());
      socket.on('close', () => other.destroy());
      if (sockets === 'silent') {
        other.resume();
        socket.resume();
        return;
      }
      // What came in one piece with the answer: the log's first lines, where the machine is slow.
      socket.write(first);
      other.write(head);
      other.pipe(socket);
      socket.pipe(other);
    });
    upstream.on('error', () => socket.destroy());
    upstream.end();
  });

  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}${strip}`,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function pairs(raw) {
  const lines = [];
  for (let at = 0; at + 1 < raw.length; at += 2) lines.push(`${raw[at]}: ${raw[at + 1]}`);
  return lines;
}
