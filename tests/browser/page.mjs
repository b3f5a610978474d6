// A page of the web UI in a browser, and what all tests want of it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { experienced, launch } from './browser.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const axeSource = require.resolve('axe-core/axe.min.js');

/** Every page, and its heading. */
export const PAGES = {
  '/': 'Dashboard',
  '/run': 'Run',
  '/library': 'Library',
  '/library/manual': 'Library',
  '/library/test': 'Library',
  '/library/titles': 'Library',
  '/library/folders': 'Library',
  '/library/queue': 'Library',
  '/library/trash': 'Library',
  '/actions': 'Action Center',
  '/actions/missing_assets': 'Action Center',
  '/schedules': 'Schedules',
  '/triggers': 'Triggers',
  '/history': 'History',
  '/logs': 'Logs',
  '/exports': 'Exports',
  '/settings': 'Settings',
  '/settings/files': 'Settings',
  '/settings/backups': 'Settings',
  '/setup/server': 'Setup assistant',
  '/setup/look': 'Setup assistant',
  '/help': 'Help',
  '/help/words': 'Words',
  '/help/install': 'Installing',
  '/about': 'About',
};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/**
 * Does something with a new page, which must not log an error, in a context of its own. To a newcomer the setup assistant opens
 * by itself.
 */
export async function withPage(daemon, path, { mayLogErrors = false, newcomer = false, ...options }, work) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  try {
    if (!newcomer) await experienced(context);
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const errors = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(`${page.url()}: ${message.text()}`));
    page.on('pageerror', (error) => errors.push(`${page.url()}: ${error}`));
    await page.goto(daemon.url + path);
    await work(page);
    if (!mayLogErrors) assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

/** Goes to a page and waits until nothing is being loaded any more. */
export async function visit(page, daemon, path, title = PAGES[path]) {
  await page.goto(daemon.url + path);
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await settled(page);
}

export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector('.loading'));
}

/** Waits until what follows from the last change has been done, too. */
export function drawn(page) {
  return page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
  );
}

/** Nothing is wider than the window. */
export async function assertFits(page, path) {
  const { clientWidth, scrollWidth } = await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    return { clientWidth, scrollWidth };
  });
  assert.ok(scrollWidth <= clientWidth, `${path} is ${scrollWidth} px wide in a window of ${clientWidth} px`);
}

/** What axe finds. The context must bypass the page's CSP. */
async function violations(page, options) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.addScriptTag({ path: axeSource });
  return page.evaluate(
    async (given) => (await globalThis.axe.run({ resultTypes: ['violations'], ...given })).violations,
    options,
  );
}

function assertNone(found, path) {
  const told = found.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
  assert.deepEqual(told, [], path);
}

/** No serious or critical violation of accessibility rules. The context must bypass the page's CSP. */
export async function assertAccessible(page, path) {
  // It is off by itself: what can be pressed has 24 px, or is alone in such a circle.
  const found = await violations(page, { rules: { 'target-size': { enabled: true } } });
  assertNone(
    found.filter((one) => ['serious', 'critical'].includes(one.impact)),
    path,
  );
}

/** All of a page is in one of its landmarks, which are told from each other. The context must bypass the page's CSP. */
export async function assertLandmarks(page, path) {
  assertNone(await violations(page, { runOnly: ['region', 'landmark-one-main', 'landmark-unique'] }), path);
}
