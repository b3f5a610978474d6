// The web UI in a real browser against the real binary.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon, withChoices, withLogin, withPoster } from './daemon.mjs';
import { assertAccessible, assertFits, PAGES, settled, visit, withPage } from './page.mjs';

/** The pages of a daemon that has run something. */
const FILLED = { ...PAGES, '/runs/1': 'Run 1' };

async function everyPageFits(daemon, pages = PAGES) {
  for (const width of [1280, 390]) {
    await withPage(daemon, '/', { viewport: { width, height: 844 } }, async (page) => {
      for (const [path, title] of Object.entries(pages)) {
        await visit(page, daemon, path, title);
        await assertFits(page, path);
      }
    });
  }
}

async function everyPageIsAccessible(daemon, themes = ['dark', 'light'], pages = PAGES) {
  for (const colorScheme of themes) {
    await withPage(daemon, '/', { colorScheme, bypassCSP: true }, async (page) => {
      for (const [path, title] of Object.entries(pages)) {
        await visit(page, daemon, path, title);
        await assertAccessible(page, `${path} (${colorScheme})`);
      }
    });
  }
}

describe('an open daemon', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start();
  });
  after(() => daemon.stop());

  test('every page loads without an error, wide and narrow', () => everyPageFits(daemon));
  test('no empty page has a serious accessibility violation', () => everyPageIsAccessible(daemon, ['dark']));

  test('the dashboard tells what the machine has', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await page.getByText(/[0-9] GiB of [0-9.]+ GiB|MiB of [0-9.]+ GiB/).waitFor();
    });
  });

  test('support information is a file to keep', async () => {
    await withPage(daemon, '/logs', {}, async (page) => {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Support information' }).click();
      assert.match((await download).suggestedFilename(), /\.zip$/);
    });
  });

  test('a webhook shows up without a reload', async () => {
    await withPage(daemon, '/triggers', {}, async (page) => {
      await page.getByText('Nothing has arrived yet').waitFor();
      const movie = { title: 'Heat', year: 1995, tmdbId: 949, folderPath: '/movies/Heat (1995)' };
      const answer = await daemon.post('/api/webhook/arr', {
        eventType: 'Download',
        instanceName: 'Radarr',
        movie,
        movieFile: { id: 1 },
      });
      assert.equal(answer.status, 200);
      await page
        .getByRole('cell', { name: /Radarr/ })
        .first()
        .waitFor();
      // Beside the menu there is not always room for all columns: then rows are blocks.
      await page.setViewportSize({ width: 840, height: 900 });
      const tables = page.locator('.table-wrap');
      assert.ok((await tables.count()) > 0);
      const cut = await tables.evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length);
      assert.equal(cut, 0, 'tables that are wider than their place');
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.getByRole('button', { name: 'Details' }).first().click();
      await page.getByRole('dialog').getByText('"Heat"').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.getByText('1 job in the queue').waitFor();
      await page
        .getByRole('listitem')
        .filter({ hasText: 'Heat (1995) Sonarr/Radarr trigger, by a webhook, in' })
        .waitFor();
    });
  });

  test('a schedule is added, shows when it fires, and is removed', async () => {
    await withPage(daemon, '/schedules', {}, async (page) => {
      await page.getByLabel('Time', { exact: true }).fill('04:30');
      await page.getByLabel('Note').fill('before Kometa');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      const entry = page.getByRole('listitem').filter({ hasText: 'before Kometa' });
      await entry.getByText('04:30').waitFor();
      const off = page.getByText('Schedules are off, so none of these starts a run.');
      await off.waitFor();
      await page.getByRole('switch', { name: 'Schedules are on' }).check();
      await entry.getByText(/^Next,/).waitFor();
      await off.waitFor({ state: 'detached' });
      assert.equal(await entry.locator('.fires li').count(), 5);
      await entry.getByRole('button', { name: 'Edit' }).click();
      const form = page.getByRole('region', { name: 'Change the schedule 04:30' });
      await form.getByLabel('Time', { exact: true }).fill('06:15');
      await form.getByRole('button', { name: 'Sat' }).click();
      await form.getByRole('button', { name: 'Save' }).click();
      await entry.getByText('06:15').waitFor();
      await entry.getByText('Sat', { exact: true }).waitFor();
      await form.waitFor({ state: 'detached' });
      await page.getByText('04:30').waitFor({ state: 'detached' });
      await entry.getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await entry.waitFor({ state: 'detached' });
    });
  });

  test('a cron schedule is changed, too', async () => {
    await withPage(daemon, '/schedules', {}, async (page) => {
      await page.getByLabel('When', { exact: true }).selectOption('cron');
      await page.getByRole('textbox', { name: 'Cron expression' }).fill('30 2 * * MON');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      const entry = (text) => page.getByRole('listitem').filter({ hasText: text });
      await entry('30 2 * * MON').getByRole('button', { name: 'Edit' }).click();
      await page.getByRole('textbox', { name: 'Cron expression' }).fill('45 3 * * TUE');
      await page.getByLabel('Run', { exact: true }).selectOption('backup');
      await page.getByRole('button', { name: 'Save' }).click();
      await entry('45 3 * * TUE').getByText('Backup').waitFor();
      await entry('45 3 * * TUE').getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await entry('45 3 * * TUE').waitFor({ state: 'detached' });
    });
  });

  test('a new key is copied by a press, which says so', async () => {
    await withPage(daemon, '/triggers', { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.getByLabel('New key for').fill('Sonarr');
      await page.getByRole('button', { name: 'Create a key' }).click();
      const dialog = page.getByRole('dialog', { name: 'Your new key' });
      const key = await dialog.locator('code').textContent();
      await dialog.getByRole('button', { name: 'Copy' }).click();
      await page.getByRole('dialog').getByText('Copied', { exact: true }).waitFor();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
    });
  });

  test('an address that is no valid encoding breaks no page', async () => {
    // What is not there is refused, which the browser logs.
    await withPage(daemon, '/about', { mayLogErrors: true }, async (page) => {
      const broken = [];
      page.on('pageerror', (error) => broken.push(`${page.url()}: ${error}`));
      for (const path of [
        '/library/%E0',
        '/library/folders/%E0%A4%A',
        '/library/title/%E0',
        '/logs/%E0',
        '/settings/%E0',
      ]) {
        await page.goto(daemon.url + path);
        await page.locator('main h1').waitFor();
        await settled(page);
        assert.equal(await page.getByText('This page failed').count(), 0, path);
      }
      assert.deepEqual(broken, []);
    });
  });

  test('the labels of charts are seen whole, however long', async () => {
    await withPage(daemon, '/about', {}, async (page) => {
      await page.addInitScript(() => {
        globalThis.written = [];
        const { fillText } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
          const { a: scale, e: shift } = this.getTransform();
          const { actualBoundingBoxLeft: left, actualBoundingBoxRight: right } = this.measureText(text);
          const [from, to] = [scale * (x - left) + shift, scale * (x + right) + shift];
          // What rounds its edge off may begin a little outside.
          globalThis.written.push({ text, isWhole: from >= -1 && to <= this.canvas.width + 1 });
          return fillText.call(this, text, x, y, ...rest);
        };
      });
      let most = 0;
      await page.route('**/api/runtime-history/days*', (route) => {
        const date = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
        const day = (ago, of) => ({ date: date(ago), runs: 1, failed: 0, images: of, errors: of, runtime_seconds: of });
        return route.fulfill({ json: { success: true, days: [day(3, most), day(2, most / 2), day(1, most)] } });
      });
      for (most of [50, 600, 4_000, 30_000, 80_000, 400_000]) {
        await page.goto(`${daemon.url}/history`);
        await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 3);
        await page.waitForFunction(() => globalThis.written.length > 10);
        const written = await page.evaluate(() => globalThis.written);
        assert.deepEqual(
          written.filter(({ isWhole }) => !isWhole).map(({ text }) => text),
          [],
        );
      }
    });
  });

  test('an idle dashboard asks for hardly anything', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await page.clock.install();
      // The minutes below pass in an instant, in which the daemon sends no heartbeats: they come by the page's clock.
      await page.addInitScript(() => {
        globalThis.EventSource = class extends globalThis.EventSource {
          constructor(url) {
            super(url);
            setInterval(() => this.dispatchEvent(new MessageEvent('heartbeat', { data: '{}' })), 4_000);
          }
        };
      });
      await page.reload();
      await page.getByText('Nothing is running').waitFor();
      await settled(page);
      let asked = 0;
      page.on('request', () => {
        asked += 1;
      });
      await page.clock.runFor('05:00');
      assert.ok(asked < 5, `${asked} requests in five minutes`);
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
      const card = page.getByRole('region', { name: 'Test run', exact: true });
      await card.getByText('The samples will appear here.').waitFor();
      await page.getByRole('button', { name: 'Start Test run' }).click();
      await page.getByRole('progressbar', { name: 'Progress of the run' }).waitFor();
      await page.getByText('Test run: completed').waitFor({ timeout: 60_000 });
      await card.locator('.shelf').getByRole('link').nth(23).waitFor();
      await card.getByRole('link', { name: 'All test images' }).click();
      await page.getByText('24 pictures').waitFor();
      const wide = page.getByRole('button', { name: /^Title ?card.*Long text, capitals/i }).first();
      const fit = await wide.locator('img').evaluate((image) => getComputedStyle(image).objectFit);
      assert.equal(fit, 'contain', 'wide ones are whole, too');
      await page.getByRole('button', { name: 'Season poster, Long text, capitals' }).click();
      const viewer = page.getByRole('dialog');
      await viewer.getByText('SeasonPosterLongTextCAPS.jpg').waitFor();
      assert.equal(await viewer.getByRole('button', { name: 'Delete' }).count(), 0, 'the next run makes them anew');
    });
  });

  test('a dropped picture is seen as it will be, made, and in the library', async () => {
    await withPage(daemon, '/run', {}, async (page) => {
      const dropped = await page.evaluateHandle(async () => {
        const picture = await (await fetch('/test/posterShortText.jpg')).blob();
        const data = new DataTransfer();
        data.items.add(new File([picture], 'mine.jpg', { type: 'image/jpeg' }));
        return data;
      });
      await page.locator('.drop').dispatchEvent('drop', { dataTransfer: dropped });
      await page.getByRole('img', { name: 'The chosen file' }).waitFor();
      const preview = page.getByRole('img', { name: 'Preview' });
      await preview.waitFor();
      const before = await preview.getAttribute('src');
      await page.getByLabel('Text on the picture').fill('Ronin');
      await page.waitForFunction((before) => {
        const image = document.querySelector('img[alt="Preview"]');
        return image.src !== before && image.complete && image.naturalWidth === 2000;
      }, new URL(before, page.url()).href);
      const form = page.locator('form.manual');
      await form.getByLabel('Library').fill('Movies');
      await form.getByLabel('Folder').fill('Ronin (1998) {tmdb-8195}');
      await page.getByRole('button', { name: 'Make this picture' }).click();
      await form.getByText('Manual run: completed').waitFor({ timeout: 60_000 });
      await page.getByRole('link', { name: 'Library', exact: true }).click();
      await page.getByRole('button', { name: 'Ronin (1998), Poster' }).waitFor();
    });
  });

  test('the history leads to the run, with its outcome, resources, log and what triggered it', async () => {
    await withPage(daemon, '/history', {}, async (page) => {
      const row = page.getByRole('row').filter({ hasText: 'Test run' });
      await row.getByRole('button', { name: 'Details' }).click();
      await page.getByRole('dialog').getByText('title cards').waitFor();
      await page.getByRole('dialog').getByRole('link', { name: 'Open the run' }).click();
      await page.getByRole('heading', { level: 1, name: 'Run 1' }).waitFor();
      for (const text of ['completed', 'Peak memory', 'Processor time', '-Testing']) {
        await page.getByText(text).first().waitFor();
      }
      await page.getByText(/started here/).waitFor();
      await page.getByRole('log').getByText('Finished, Total images created').waitFor();
    });
  });

  test('a picture is deleted, and comes back', async () => {
    await withPage(daemon, '/library/posters', {}, async (page) => {
      const tile = page.getByRole('button', { name: 'Heat (1995), Poster' });
      await tile.click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      const question = page.getByRole('dialog', { name: 'Delete “Heat (1995)” (Poster)?' });
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
      await page.getByText('1 setting saved').waitFor();
      await search.fill('');
      await page.getByRole('link', { name: 'Backups' }).click();
      await page.getByRole('button', { name: 'Restore' }).first().click();
      await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await search.fill('PosterMinWidth');
      await page.waitForFunction((value) => document.querySelector('.setting input')?.value === value, before);
    });
  });

  // Now there are pictures, runs, settings and logs to be shown.
  test('pages with content load without an error, wide and narrow', () => everyPageFits(daemon, FILLED));
  test('pages with content are accessible, dark and light', () =>
    everyPageIsAccessible(daemon, ['dark', 'light'], FILLED));
});

test('the Action Center leads from a number to its pictures, which are resolved, opened again and deleted', async () => {
  const daemon = await Daemon.start({ prepare: withChoices });
  try {
    await withPage(daemon, '/', {}, async (page) => {
      const heat = page.getByRole('listitem').filter({ hasText: 'Heat' });
      const dark = page.getByRole('listitem').filter({ hasText: 'Dark' });
      const tab = (name, count) => page.getByRole('link', { name: `${name} ${count}`, exact: true });
      const problems = page.getByRole('region', { name: 'Action Center' });
      await problems.getByRole('link', { name: 'Text cut off' }).click();
      await heat.waitFor();
      assert.equal(await dark.count(), 0, 'it is in another category');
      await page.reload();
      await heat.getByText('Text cut off').waitFor();

      await tab('All issues', 2).click();
      await dark.waitFor();
      await page.getByLabel('Select all').check();
      await page.getByRole('button', { name: 'Resolve 2' }).click();
      const many = page.getByRole('dialog', { name: 'Resolve 2 pictures?' });
      await many.getByRole('button', { name: 'Cancel' }).click();
      await tab('Resolved', 0).waitFor();
      await page.getByLabel('Select all').uncheck();
      await page.getByLabel('Library', { exact: true }).selectOption('TV');
      await heat.waitFor({ state: 'detached' });
      await page.getByLabel('Library', { exact: true }).selectOption('');
      await page.getByLabel('Search for a title').fill('heat');
      await dark.waitFor({ state: 'detached' });
      await page.getByLabel('Search for a title').fill('');
      await page.getByLabel('Select all').check();
      await page.getByRole('button', { name: 'Resolve 2' }).click();
      const asked = [];
      page.on('request', (request) => request.method() !== 'GET' && asked.push(new URL(request.url()).pathname));
      await many.getByRole('button', { name: 'Resolve' }).click();
      await tab('Resolved', 2).waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await tab('Resolved', 0).waitFor();
      assert.deepEqual(
        asked,
        Array(2).fill('/api/imagechoices/resolve'),
        'one request for all, and one for the way back',
      );
      await page.getByLabel('Search for a title').fill('heat');
      await dark.waitFor({ state: 'detached' });
      await heat.getByRole('button', { name: 'Resolve' }).click();
      await tab('Resolved', 1).waitFor();
      await page.getByRole('button', { name: 'Undo' }).last().click();
      await tab('Resolved', 0).waitFor();
      await heat.getByRole('button', { name: 'Resolve' }).click();
      await tab('Resolved', 1).click();
      await heat.getByRole('button', { name: 'Reopen' }).click();
      await tab('Resolved', 0).waitFor();

      await tab('Text cut off', 1).click();
      await heat.getByRole('button', { name: 'Delete' }).click();
      const question = page.getByRole('dialog', { name: 'Delete “Heat” (Movie)?' });
      await question.getByRole('button', { name: 'Delete' }).click();
      const empty = page.getByText('There are no pictures in this category.');
      await empty.waitFor();
      await page.getByRole('button', { name: 'Undo' }).last().click();
      await heat.waitFor();
      await heat.getByRole('button', { name: 'Delete' }).click();
      await question.getByRole('button', { name: 'Delete' }).click();
      await empty.waitFor();
      await page.goto(`${daemon.url}/library/trash`);
      await page.getByText('Heat (1995) {tmdb-949}/poster.jpg').waitFor();
    });
  } finally {
    await daemon.stop();
  }
});

// The browser itself logs each refused request and each lost connection.
const mayLogErrors = true;

describe('a daemon with a login', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withLogin });
  });
  after(() => daemon.stop());

  test('the set-up has an address with a key that works', async () => {
    await withPage(daemon, '/', { mayLogErrors }, async (page) => {
      await page.getByLabel('User name').fill('ada');
      await page.getByLabel('Password').fill('l0ve lace');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Triggers' }).click();
      await page.getByText('opened under an address that only this machine knows').waitFor();
      await page.getByRole('button', { name: 'Create a key for Sonarr' }).click();
      const address = page.locator('.copyable code').filter({ hasText: /api_key=(?!YOUR_KEY)/ });
      const url = await address.textContent();
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ eventType: 'Test', instanceName: 'Sonarr' }),
      });
      assert.equal(answer.status, 200);
      await page
        .getByRole('cell', { name: /Sonarr/ })
        .first()
        .waitFor();
    });
  });

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
    await page.getByText('Nothing is running').waitFor();
    assert.equal(new URL(page.url()).pathname.replace(/\/$/, ''), '/posters');
    await page.reload();
    await page.getByText('Nothing is running').waitFor();
  });
  await daemon.stop();
});
