// Measures the web UI of a running daemon: what is transferred, how soon pictures are seen, how smoothly they scroll, how
// soon a page answers to hands on a processor that is four times slower.
//
//     node tests/browser/measure.mjs http://127.0.0.1:8000 [posters|backgrounds|seasons|titlecards [PART …]]
import { experienced, launch } from './browser.mjs';

const [url, kind = 'titlecards', ...only] = process.argv.slice(2);
if (!url) throw new Error('usage: measure.mjs URL [KIND [PART …]]');

const ROUNDS = 5;
const IDLE_SECONDS = 60;
const SCROLL_SECONDS = 5;
const SLOWER = 4;

const browser = await launch();
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
const sorted = (values) => values.toSorted((one, other) => one - other);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const percentile = (values, share) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** A page with an empty cache, and counters of what it transfers. */
async function open() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await experienced(context);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Performance.enable');
  const counted = { bytes: 0, requests: 0, pictures: 0 };
  const images = new Set();
  cdp.on('Network.requestWillBeSent', () => {
    counted.requests += 1;
  });
  cdp.on('Network.responseReceived', ({ requestId, type }) => type === 'Image' && images.add(requestId));
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (images.has(requestId)) counted.pictures += encodedDataLength;
    else counted.bytes += encodedDataLength;
  });
  const count = () => ({ ...counted });
  const reset = () => Object.assign(counted, { bytes: 0, requests: 0, pictures: 0 });
  return { context, page, cdp, count, reset };
}

async function settled(page) {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => !document.querySelector('.loading'));
  // The answers that nothing on the page waits for.
  await page.waitForTimeout(1000);
}

async function dashboard() {
  const { context, page, count, reset } = await open();
  await page.goto(url);
  await settled(page);
  const first = count();
  console.log(`dashboard, first load: ${kilobytes(first.bytes)} and ${kilobytes(first.pictures)} of pictures`);
  reset();
  await page.goto(url);
  await settled(page);
  const later = count();
  console.log(`dashboard, later loads: ${kilobytes(later.bytes)} and ${kilobytes(later.pictures)} of pictures`);
  reset();
  await page.waitForTimeout(IDLE_SECONDS * 1000);
  console.log(`dashboard, idle for ${IDLE_SECONDS} s: ${count().requests} requests`);
  await context.close();
}

/** Runs in the page from its start: when the first thumbnail was on the screen, and when all in view were. */
function watchThumbnails() {
  const seen = {};
  globalThis.thumbnails = seen;
  const inView = (image) => {
    const { top, bottom } = image.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const look = () => {
    const images = [...document.querySelectorAll('.grid .thumb img')].filter(inView);
    const loaded = images.filter((image) => image.complete && image.naturalWidth > 0);
    // This frame shows them: what came before it is painted in it.
    if (loaded.length > 0) seen.first ??= performance.now();
    if (images.length > 0 && loaded.length === images.length) {
      seen.all ??= performance.now();
      return;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function firstPaint() {
  const first = [];
  const all = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { context, page } = await open();
    await page.addInitScript(watchThumbnails);
    await page.goto(`${url}/library/${kind}`);
    await page.waitForFunction(() => globalThis.thumbnails.all !== undefined);
    const seen = await page.evaluate(() => globalThis.thumbnails);
    first.push(seen.first);
    all.push(seen.all);
    await context.close();
  }
  const shown = (values) => `${median(values).toFixed(0)} ms (${values.map((value) => value.toFixed(0)).join(', ')})`;
  console.log(`library, first thumbnail on the screen, empty browser cache, median of ${ROUNDS}: ${shown(first)}`);
  console.log(`library, all thumbnails in view: ${shown(all)}`);
}

/** Scrolls by so many pixels in each frame, and tells how long the frames and small requests meanwhile took. */
async function scroll([pixels, seconds]) {
  const grid = document.querySelector('.grid');
  const frames = [];
  const answers = [];
  let tiles = 0;
  let on = true;
  const asking = (async () => {
    while (on) {
      const began = performance.now();
      await (await fetch('api/status')).json();
      answers.push(performance.now() - began);
      await new Promise((done) => setTimeout(done, 100));
    }
  })();
  const end = performance.now() + seconds * 1000;
  let before = await new Promise(requestAnimationFrame);
  let direction = 1;
  while (performance.now() < end) {
    if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1) direction = -1;
    if (grid.scrollTop === 0) direction = 1;
    grid.scrollTop += direction * pixels;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
    tiles = Math.max(tiles, document.querySelectorAll('.tile').length);
  }
  on = false;
  await asking;
  return { frames, answers, tiles };
}

async function scrolling() {
  const { context, page, cdp } = await open();
  await page.goto(`${url}/library/${kind}`);
  await page.locator('.grid .thumb img').first().waitFor();
  const items = await page.evaluate(
    (path) => fetch(`api/${path}?limit=1`).then((answer) => answer.json()),
    LISTS[kind],
  );
  for (const pixels of [20, 100, 1000]) {
    const { frames, answers, tiles } = await page.evaluate(scroll, [pixels, SCROLL_SECONDS]);
    const rate = (frames.length / frames.reduce((sum, frame) => sum + frame, 0)) * 1000;
    const late = frames.filter((frame) => frame > 1000 / 30).length;
    console.log(
      `library of ${items.total}, ${pixels} pixels a frame: ${rate.toFixed(1)} frames/s, ` +
        `99 % within ${percentile(frames, 0.99).toFixed(1)} ms, ${late} of ${frames.length} later than 33 ms; ` +
        `at most ${tiles} tiles; a request meanwhile: median ${median(answers).toFixed(0)} ms, ` +
        `longest ${Math.max(...answers).toFixed(0)} ms`,
    );
  }
  const used = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 1024 / 1024;
  };
  const before = await used();
  await cdp.send('HeapProfiler.collectGarbage');
  console.log(
    `library, JS heap after scrolling: ${before.toFixed(1)} MB, ${(await used()).toFixed(1)} MB after a collection`,
  );
  await context.close();
}

/** Runs in the page from its start: keeps the longest time from a key or click to the frame that shows what came of it. */
function watchInteractions() {
  globalThis.longest = 0;
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) {
      if (interactionId) globalThis.longest = Math.max(globalThis.longest, duration);
    }
  }).observe({ type: 'event', durationThreshold: 16 });
}

/** The browser reports in steps of 8 ms, and nothing below 16. */
async function interactions() {
  const { context, page, cdp } = await open();
  await page.addInitScript(watchInteractions);
  await page.goto(`${url}/library/${kind}`);
  const tile = (n) => page.locator('.grid .tile').nth(n);
  await tile(0).locator('img').waitFor();
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const to = (name) => () =>
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
  const key = (name) => () => page.keyboard.press(name);
  const does = [
    ['a letter typed into the search', () => page.getByRole('searchbox').pressSequentially('show 12', { delay: 120 })],
    ['the search emptied', () => page.getByRole('searchbox').fill('')],
    ['select begun', () => page.getByRole('button', { name: 'Select', exact: true }).click()],
    ['all of them selected', () => page.getByRole('button', { name: 'Select all' }).click()],
    ['inverted', () => page.getByRole('button', { name: 'Invert' }).click()],
    ['select ended', key('Escape')],
    ['viewer opened', () => tile(3).click()],
    ['the next picture', key('ArrowRight')],
    ['viewer closed', key('Escape')],
    ['to Titles', () => page.getByRole('link', { name: 'Titles', exact: true }).click()],
    ['to Actions', to('Action Center')],
    ['to History', to('History')],
    ['to Settings', to('Settings')],
    ['to Logs', to('Logs')],
    ['to Dashboard', to('Dashboard')],
    ['to Library', to('Library')],
  ];
  for (const [name, act] of does) {
    await page.evaluate(() => {
      globalThis.longest = 0;
    });
    await act();
    // The observer is told some frames later.
    await page.waitForTimeout(1500);
    const longest = await page.evaluate(() => globalThis.longest);
    console.log(`${SLOWER} x slower processor, ${name}: ${longest === 0 ? 'less than 16' : longest} ms`);
  }
  await context.close();
}

const LISTS = {
  posters: 'gallery',
  backgrounds: 'backgrounds-gallery',
  seasons: 'seasons-gallery',
  titlecards: 'titlecards-gallery',
};

const PARTS = { dashboard, firstPaint, scrolling, interactions };
for (const part of only.length > 0 ? only : Object.keys(PARTS)) await PARTS[part]();
await browser.close();
