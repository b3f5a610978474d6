// The web UI in a real browser against the real binary.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { Daemon, withLogin, withPoster } from './daemon.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const axeSource = require.resolve('axe-core/axe.min.js');

const PAGES = {
  '/': 'Dashboard',
  '/run': 'Run',
  '/library': 'Library',
  '/library/manual': 'Library',
  '/library/folders': 'Library',
  '/library/trash': 'Library',
  '/actions': 'Action Center',
  '/schedules': 'Schedules',
  '/triggers': 'Triggers',
  '/history': 'History',
  '/logs': 'Logs',
  '/exports': 'Exports',
  '/settings': 'Settings',
  '/about': 'About',
};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Does something with a new page, which must not log an error, in a context of its own. */
async function withPage(daemon, path, { mayLogErrors = false, ...options }, work) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
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

/** Waits until nothing is being loaded any more. */
async function settled(page) {
  await page.waitForFunction(() => !document.querySelector('.loading'));
}

describe('an open daemon', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start();
  });
  after(() => daemon.stop());

  test('every page loads without an error, wide and narrow', async () => {
    for (const width of [1280, 390]) {
      await withPage(daemon, '/', { viewport: { width, height: 844 } }, async (page) => {
        for (const [path, title] of Object.entries(PAGES)) {
          await page.goto(daemon.url + path);
          await page.getByRole('heading', { level: 1, name: title }).waitFor();
          await settled(page);
          const wide = await page.evaluate(
            () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
          );
          assert.ok(!wide, `${path} is wider than the window at ${width} px`);
        }
      });
    }
  });

  test('no page has a serious accessibility violation, dark or light', async () => {
    for (const colorScheme of ['dark', 'light']) {
      await withPage(daemon, '/', { colorScheme, bypassCSP: true }, async (page) => {
        for (const path of Object.keys(PAGES)) {
          await page.goto(daemon.url + path);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await settled(page);
          await page.addScriptTag({ path: axeSource });
          const { violations } = await page.evaluate(() => globalThis.axe.run());
          const grave = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
          const told = grave.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
          assert.deepEqual(told, [], `${path} (${colorScheme})`);
        }
      });
    }
  });

  test('a webhook shows up without a reload', async () => {
    await withPage(daemon, '/triggers', {}, async (page) => {
      await page.getByText('Nothing came in yet').waitFor();
      const movie = { title: 'Heat', year: 1995, tmdbId: 949, folderPath: '/movies/Heat (1995)' };
      const answer = await daemon.post('/api/webhook/arr', {
        eventType: 'Download',
        instanceName: 'Radarr',
        movie,
        movieFile: { id: 1 },
      });
      assert.equal(answer.status, 200);
      await page
        .getByRole('cell', { name: /radarr/ })
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Details' }).first().click();
      await page.getByRole('dialog').getByText('"Heat"').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
  });

  test('a schedule is added, shows when it fires, and is removed', async () => {
    await withPage(daemon, '/schedules', {}, async (page) => {
      await page.getByLabel('Time', { exact: true }).fill('04:30');
      await page.getByLabel('Note').fill('before Kometa');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      const entry = page.getByRole('listitem').filter({ hasText: 'before Kometa' });
      await entry.getByText('04:30').waitFor();
      await page.getByRole('switch', { name: 'Schedules are on' }).check();
      await entry.getByText(/^Next,/).waitFor();
      assert.equal(await entry.locator('.fires li').count(), 5);
      await entry.getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await entry.waitFor({ state: 'detached' });
    });
  });

  test('an idle dashboard asks for hardly anything', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await page.clock.install();
      await page.reload();
      await page.getByText('Nothing runs').waitFor();
      await settled(page);
      let asked = 0;
      page.on('request', () => {
        asked += 1;
      });
      await page.clock.runFor('05:00');
      assert.ok(asked < 5, `${asked} requests in five minutes`);
    });
  });

  test('everything can be reached by keyboard: the menu, a page, a dialog and back', async () => {
    await withPage(daemon, '/triggers', {}, async (page) => {
      await page.getByRole('heading', { level: 1, name: 'Triggers' }).waitFor();
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to the page');
      const link = page.getByRole('link', { name: 'Schedules' });
      await link.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
    });
  });
});

describe('a daemon with a library', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withPoster });
  });
  after(() => daemon.stop());

  test('a testing run is started, its progress is seen to the end, and its pictures appear', async () => {
    await withPage(daemon, '/run', {}, async (page) => {
      await page.getByText('Start a Testing run to see').waitFor();
      await page.getByRole('button', { name: 'Start Testing' }).click();
      await page.getByRole('progressbar', { name: 'Progress of the run' }).waitFor();
      await page.getByText('Testing: completed').waitFor({ timeout: 60_000 });
      const gallery = page.getByRole('region', { name: 'Testing gallery' });
      await gallery.getByRole('link').nth(23).waitFor();
    });
  });

  test('a picture is deleted, and comes back', async () => {
    await withPage(daemon, '/library/posters', {}, async (page) => {
      const tile = page.getByRole('button', { name: 'Heat (1995), Poster' });
      await tile.click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      const question = page.getByRole('dialog', { name: 'Delete Poster of Heat (1995)?' });
      await question.getByRole('button', { name: 'Delete' }).click();
      await tile.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Undo' }).click();
      await tile.waitFor();
    });
  });

  test('a setting is edited, looked over, saved, and taken back', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      const search = page.getByLabel('Search the settings');
      const field = page.getByLabel('Poster Min Width');
      await search.fill('PosterMinWidth');
      const before = await field.inputValue();
      await field.fill('1234');
      await page.getByRole('button', { name: 'Save 1 change' }).click();
      const review = page.getByRole('dialog', { name: 'Save these changes?' });
      await review.getByRole('cell', { name: '1234' }).waitFor();
      await review.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved 1 setting').waitFor();
      await search.fill('');
      await page.getByRole('link', { name: 'Backups' }).click();
      await page.getByRole('button', { name: 'Restore' }).first().click();
      await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await search.fill('PosterMinWidth');
      await page.waitForFunction((value) => document.querySelector('.setting input')?.value === value, before);
    });
  });
});

// The browser itself logs each refused request and each lost connection.
const mayLogErrors = true;

describe('a daemon with a login', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withLogin });
  });
  after(() => daemon.stop());

  test('a wrong password is refused in words, a right one opens, signing out closes', async () => {
    await withPage(daemon, '/', { mayLogErrors }, async (page) => {
      await page.getByLabel('User name').fill('ada');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('The user name or the password is wrong.').waitFor();
      await page.getByLabel('Password').fill('l0ve lace');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    });
  });
});

test('a page notices that the daemon is gone, says so, and goes on when it is back', async () => {
  const daemon = await Daemon.start();
  await withPage(daemon, '/schedules', { mayLogErrors }, async (page) => {
    await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
    await daemon.kill();
    const notice = page.getByRole('alert').getByText('The daemon does not answer');
    await notice.waitFor();
    await daemon.again();
    await notice.waitFor({ state: 'detached', timeout: 30_000 });
    await daemon.post('/api/scheduler/schedule', { time: '05:45' });
    await page.reload();
    await page.getByText('05:45').first().waitFor();
  });
  await daemon.stop();
});

test('below a base path everything is found', async () => {
  const daemon = await Daemon.start({ options: ['--base-url', '/posters'] });
  await withPage(daemon, '/posters/logs', {}, async (page) => {
    await page.getByRole('heading', { level: 1, name: 'Logs' }).waitFor();
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByText('Nothing runs').waitFor();
    assert.equal(new URL(page.url()).pathname.replace(/\/$/, ''), '/posters');
    await page.reload();
    await page.getByText('Nothing runs').waitFor();
  });
  await daemon.stop();
});
