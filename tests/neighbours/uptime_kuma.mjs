// uptime_kuma.mjs KUMA_FOLDER KUMA_URL DAEMON_URL BINARY DATA_FOLDER DAEMON_PID: makes monitors in a fresh Uptime Kuma as its
// own web page does, and waits for what they say of the daemon.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [kuma, kumaUrl, daemon, binary, data, pid] = process.argv.slice(2);
const { io } = createRequire(`${kuma}/package.json`)('socket.io-client');
const [DOWN, UP] = [0, 1];
const PATIENCE = 40_000;

const socket = io(kumaUrl, { transports: ['websocket'] });
const beats = [];
let heard = () => {};
socket.on('heartbeat', beat => {
  beats.push(beat);
  heard();
});

function fail(text) {
  console.error(`FAILED: ${text}`);
  process.exit(1);
}

async function ask(...request) {
  const answer = await socket.timeout(PATIENCE).emitWithAck(...request);
  if (!answer.ok) fail(`${request[0]}: ${answer.msg}`);
  return answer;
}

// A new beat of the monitor, after the first `from` ones, that fits.
async function beat(monitor, what, fits, from = 0) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = beats.slice(from).find(one => one.monitorID === monitor && fits(one));
    if (found) {
      console.log(`ok: ${what} -- ${found.status === UP ? 'up' : 'down'}: ${found.msg.slice(0, 120)}`);
      return found;
    }
    const left = end - Date.now();
    if (left <= 0) fail(`${what}; it said: ${JSON.stringify(beats.filter(one => one.monitorID === monitor))}`);
    await new Promise(wake => {
      heard = wake;
      setTimeout(wake, left);
    });
  }
}

async function add(monitor) {
  // What Kuma's form fills in, with the shortest interval that it takes.
  const usual = {
    method: 'GET', interval: 20, retryInterval: 20, resendInterval: 0, maxretries: 0, timeout: 16, notificationIDList: {},
    ignoreTls: false, upsideDown: false, expiryNotification: false, maxredirects: 10, accepted_statuscodes: ['200-299'],
    dns_resolve_type: 'A', dns_resolve_server: '1.1.1.1', httpBodyEncoding: 'json', kafkaProducerBrokers: [],
    kafkaProducerSaslOptions: { mechanism: 'None' },
  };
  return (await ask('add', { ...usual, ...monitor })).monitorID;
}

// Looks at once, as a monitor does that is paused and resumed.
async function again(monitor, what, status) {
  const from = beats.length;
  await ask('pauseMonitor', monitor);
  await ask('resumeMonitor', monitor);
  return beat(monitor, what, one => one.status === status, from);
}

await ask('setup', 'admin', 'Posters-1995!');
await ask('login', { username: 'admin', password: 'Posters-1995!', token: '' });

const text = readFileSync(new URL('../../deploy/uptime-kuma.md', import.meta.url), 'utf8');
const there = await add({ name: 'there', type: 'http', url: `${daemon}/ping` });
await beat(there, '/ping', one => one.status === UP);
const keyword = text.match(/\| keyword \| `(.*?)` \|/)[1];
const well = await add({ name: 'well', type: 'keyword', url: `${daemon}/api/health`, keyword });
await beat(well, `keyword ${keyword}`, one => one.status === UP);

// This version only compares whether two texts are equal; the comparison is JSONata's, as in the newer ones.
const rows = [...text.matchAll(/^\| `…\/api\/health` \| `(.*?)` \| `(.*?)` \| `(.*?)` \|/gm)];
if (rows.length < 5) fail('deploy/uptime-kuma.md has no table of JSON queries any more');
const queries = new Map();
for (const [, query, operator, value] of rows) {
  const expected = /^\d+$/.test(value) ? value : `"${value}"`;
  const jsonPath = `$string(${query} ${operator === '==' ? '=' : operator} ${expected})`;
  const id = await add({ name: query, type: 'json-query', url: `${daemon}/api/health`, jsonPath, expectedValue: 'true' });
  queries.set(query, id);
  // Nothing has run yet.
  await beat(id, `${query} ${operator} ${value}`, one => one.status === (query === 'run.last_age_seconds' ? DOWN : UP));
}

const runs = await add({ name: 'runs', type: 'push', pushToken: 'runs' });
const heartbeat = await add({ name: 'heartbeat', type: 'push', pushToken: 'heartbeat' });
await beat(heartbeat, 'the heartbeat is pushed', one => one.status === UP && one.ping !== undefined);

execFileSync(binary, ['run', '--mode', 'normal', '--wait', '--data-dir', data], { stdio: 'ignore' });
const run = await beat(runs, 'the run is pushed', one => one.status === UP && one.ping > 0);
if (!(run.ping < 60_000)) fail(`the ping of a run is its time in milliseconds, and it was ${run.ping}`);
await again(queries.get('run.last_age_seconds'), 'run.last_age_seconds, once something ran', UP);

const config = readFileSync(`${data}/config.json`);
writeFileSync(`${data}/config.json`, '{ "broken": ');
await again(queries.get('checks.config'), 'checks.config with a broken config.json', DOWN);
await again(well, 'the keyword with a broken config.json', DOWN);
writeFileSync(`${data}/config.json`, config);
await again(queries.get('checks.config'), 'checks.config once it is mended', UP);
await again(well, 'the keyword once it is mended', UP);

const killed = beats.length;
process.kill(Number(pid), 'SIGKILL');
await again(there, '/ping of a killed daemon', DOWN);
await beat(heartbeat, 'its heartbeat is missed', one => one.status === DOWN, killed);
socket.close();
