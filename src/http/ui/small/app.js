// The built-in page: state of the run, its log, the buttons that matter. Every URL is relative, so that it works below a
// base URL. Events tell when something changed; a slow poll covers for them. A hidden page is silent.
'use strict';

const LINES_KEPT = 1000;
const POLL_MS = 10000;
const POLL_WITH_EVENTS_MS = 60000;
const RETRY_MS = 3000;

const $ = (id) => document.getElementById(id);
const text = (id, value) => { if ($(id).textContent !== value) $(id).textContent = value; };

let status = null;
let events = null;
let socket = null;
let poll = 0;
let retry = 0;
let refreshing = 0;
let signedOut = false;
let awake = false;

/** Calls the API; gives the JSON, or throws an error whose text can be shown. */
async function call(path, options) {
  const response = await fetch(path, { cache: 'no-store', ...options });
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) askForLogin();
  if (!response.ok) throw new Error(body.message || `the server answered ${response.status}`);
  return body;
}

// --- status ---------------------------------------------------------------------------------------------------------

async function refresh() {
  try {
    status = await call('api/status');
    show();
    if (!awake) return;
    openLog();
    if (!events) openEvents();
  } catch (error) {
    if (!signedOut) badge('off', 'no connection');
  }
}

/** Several events in a row make one request. */
function refreshSoon() {
  clearTimeout(refreshing);
  refreshing = setTimeout(refresh, 150);
}

function badge(kind, words) {
  $('badge').className = `badge ${kind}`;
  text('badge', words);
  document.title = `Posterizarr – ${words}`;
}

function show() {
  const on = status.running;
  const who = status.trigger ? ` (by ${status.trigger.replace('_', ' ')})` : '';
  badge(on ? 'on' : '', on ? `running ${status.current_mode}` : 'idle');
  text('state', on ? `running${who}` : 'idle');
  text('mode', status.current_mode || '–');
  text('since', on && started() ? started().toLocaleString() : '–');
  text('queued', status.queued === 1 ? '1 job' : `${status.queued} jobs`);
  text('runner', status.runner.available ? 'ready' : status.runner.reason || 'not available');
  for (const id of ['run-normal', 'run-testing']) $(id).disabled = on;
  for (const id of ['stop', 'kill']) $(id).disabled = !on;
  showProgress(status.progress);
  tick();
}

function started() {
  const at = status && ((status.progress && status.progress.since) || status.start_time);
  return at ? new Date(at) : null;
}

function showProgress(progress) {
  $('progress').hidden = !progress;
  if (!progress) return;
  const { done, total, current } = progress;
  if (total) {
    $('bar').max = total;
    $('bar').value = Math.min(done, total);
  } else {
    $('bar').removeAttribute('value');
  }
  const parts = [total ? `${done} of ${total} images` : `${done} images`];
  if (progress.per_minute) parts.push(`${progress.per_minute.toFixed(1)} a minute`);
  if (progress.errors) parts.push(`${progress.errors} errors`);
  if (current) parts.push(current);
  text('progress-text', parts.join(' · '));
}

/** Counts the elapsed time up between two answers. */
function tick() {
  const since = status && status.running && started();
  if (!since) return text('elapsed', '–');
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  const two = (n) => String(n).padStart(2, '0');
  text('elapsed', `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`);
}

// --- events ---------------------------------------------------------------------------------------------------------

function openEvents() {
  const changed = ['run_started', 'run_finished', 'queue_changed', 'actor_restarted'];
  events = new EventSource(`api/events?types=${[...changed, 'progress'].join()}`);
  events.onopen = () => { schedule(POLL_WITH_EVENTS_MS); refreshSoon(); };
  events.onerror = () => {
    schedule(POLL_MS);
    // The browser comes back by itself, but not after an error answer: then the next poll does.
    if (events && events.readyState === EventSource.CLOSED) events = null;
  };
  for (const name of [...changed, 'resync']) events.addEventListener(name, refreshSoon);
  events.addEventListener('progress', (event) => {
    if (!status || !status.running) return refreshSoon();
    status.progress = { ...status.progress, ...JSON.parse(event.data) };
    showProgress(status.progress);
  });
}

function schedule(every) {
  clearInterval(poll);
  poll = setInterval(refresh, every);
}

// --- log ------------------------------------------------------------------------------------------------------------

let waiting = [];
let drawing = 0;

function openLog() {
  const name = status.active_log;
  if (socket && socket.log === name) return;
  closeLog();
  text('log-name', name);
  const url = new URL(`ws/logs?log_file=${encodeURIComponent(name)}`, document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const mine = socket = new WebSocket(url);
  mine.log = name;
  // The server sends the last lines first: what is shown is old.
  mine.onopen = () => { $('log').replaceChildren(); waiting = []; };
  mine.onmessage = (message) => receive(JSON.parse(message.data));
  mine.onclose = () => {
    if (socket !== mine) return;
    socket = null;
    clearTimeout(retry);
    retry = setTimeout(refresh, RETRY_MS);
  };
}

function closeLog() {
  clearTimeout(retry);
  const old = socket;
  socket = null;
  if (old) old.close();
}

function receive(message) {
  if (message.type === 'log') addLine(message.content);
  if (message.type === 'error') addLine(message.message, 'note');
  if (message.type === 'log_file_changed') refreshSoon();
}

function addLine(line, kind) {
  waiting.push([line, kind || (/\[(ERROR|CRITICAL)\s*\]/.test(line) ? 'error' : /\[WARNING\s*\]/.test(line) ? 'warning' : '')]);
  if (waiting.length > LINES_KEPT) waiting.shift();
  if (!drawing) drawing = requestAnimationFrame(draw);
}

function draw() {
  drawing = 0;
  const log = $('log');
  const lines = waiting.map(([line, kind]) => {
    const element = document.createElement('div');
    element.textContent = line;
    if (kind) element.className = kind;
    return element;
  });
  waiting = [];
  log.append(...lines);
  while (log.childElementCount > LINES_KEPT) log.firstElementChild.remove();
  if ($('follow').checked) log.scrollTop = log.scrollHeight;
}

// --- buttons --------------------------------------------------------------------------------------------------------

async function act(path) {
  text('message', '…');
  try {
    const answer = await call(path, { method: 'POST' });
    text('message', answer.message || 'done');
  } catch (error) {
    text('message', error.message);
  }
  refresh();
}

$('run-normal').onclick = () => act('api/run/normal');
$('run-testing').onclick = () => act('api/run/testing');
$('stop').onclick = () => act('api/stop');
$('kill').onclick = () => { $('confirm').returnValue = ''; $('confirm').showModal(); };
$('confirm').onclose = () => { if ($('confirm').returnValue === 'kill') act('api/force-kill'); };

// --- login ----------------------------------------------------------------------------------------------------------

function askForLogin() {
  if (signedOut) return;
  signedOut = true;
  stop();
  $('app').hidden = $('sign-out').hidden = true;
  $('sign-in').hidden = false;
  badge('', 'signed out');
  $('user').focus();
}

$('sign-in').onsubmit = async (event) => {
  event.preventDefault();
  const bytes = new TextEncoder().encode(`${$('user').value}:${$('password').value}`);
  const login = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  try {
    // The answer sets the session's cookie; the password is not kept.
    const response = await fetch('api/status', { headers: { Authorization: login }, cache: 'no-store' });
    const body = await response.json().catch(() => ({}));
    if (response.ok) {
      $('password').value = '';
      text('sign-in-error', '');
      return begin();
    }
    const wrong = response.status === 401 && body.code !== 'config_unreadable';
    text('sign-in-error', wrong ? 'Wrong user name or password.' : body.message || 'That did not work.');
  } catch (error) {
    text('sign-in-error', 'The server does not answer.');
  }
};

$('sign-out').onclick = async () => {
  await fetch('api/auth/logout', { method: 'POST' }).catch(() => {});
  askForLogin();
};

// --- life of the page -----------------------------------------------------------------------------------------------

function start() {
  if (signedOut || document.hidden || awake) return;
  awake = true;
  schedule(POLL_MS);
  refresh();
}

function stop() {
  awake = false;
  clearInterval(poll);
  clearTimeout(refreshing);
  if (events) events.close();
  events = null;
  closeLog();
}

async function begin() {
  const check = await call('api/auth/check').catch(() => ({}));
  signedOut = false;
  if (check.problem) {
    askForLogin();
    // Under an address that is not known, no login helps.
    $('sign-in').hidden = check.problem.code !== 'config_unreadable';
    text('obstacle', check.problem.message);
    $('obstacle').hidden = false;
    return;
  }
  $('obstacle').hidden = true;
  if (check.enabled && !check.authenticated) return askForLogin();
  $('sign-in').hidden = true;
  $('app').hidden = false;
  $('sign-out').hidden = !check.enabled;
  start();
}

document.addEventListener('visibilitychange', () => (document.hidden ? stop() : start()));
setInterval(tick, 1000);
fetch('api/health').then((answer) => answer.json()).then((health) => text('version', health.version)).catch(() => {});
begin();
