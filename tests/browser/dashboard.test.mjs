// The dashboard as its user wants it, at any width, and without a jump while it comes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon, withTitles } from './daemon.mjs';
import { Home } from './home.mjs';
import { settled, visit, withPage } from './page.mjs';

describe('a daemon with a library', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withTitles });
  });
  after(() => daemon.stop());

  const cards = (page) =>
    page.locator('.dashboard > .card h2').evaluateAll((headings) => headings.map(({ textContent }) => textContent));
  const first = ['Schedule', 'Action Center', 'Latest webhooks', 'Machine', 'Recently made'];

  test('its cards are arranged by keyboard, and stay so', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await page.getByRole('heading', { level: 2, name: 'Machine' }).waitFor();
      assert.deepEqual(await cards(page), first);
      await page.getByRole('button', { name: 'Arrange' }).click();
      const dialog = page.getByRole('dialog', { name: 'Arrange' });
      await dialog.getByRole('button', { name: 'Move Machine up' }).focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await dialog.getByRole('checkbox', { name: 'Latest webhooks' }).uncheck();
      await page.keyboard.press('Escape');
      const wanted = ['Schedule', 'Machine', 'Action Center', 'Recently made'];
      assert.deepEqual(await cards(page), wanted);
      await page.reload();
      await page.getByRole('heading', { level: 2, name: 'Machine' }).waitFor();
      assert.deepEqual(await cards(page), wanted);
      await page.getByRole('button', { name: 'Arrange' }).click();
      await page.getByRole('button', { name: 'Restore the original arrangement' }).click();
      assert.deepEqual(await cards(page), first);
    });
  });

  test('dashboard and library use the space of a very wide window', async () => {
    await withPage(daemon, '/', { viewport: { width: 2560, height: 1300 } }, async (page) => {
      for (const [path, inside] of [
        ['/', '.dashboard > .card:nth-child(4)'],
        ['/library/posters', '.grid'],
      ]) {
        await visit(page, daemon, path);
        const { right } = await page.locator(inside).evaluate((element) => element.getBoundingClientRect().toJSON());
        assert.ok(right > 2560 - 50, `${path} ends at ${right} px`);
      }
    });
  });

  test('nothing jumps while it comes slowly', async () => {
    await withPage(daemon, '/about', { viewport: { width: 1440, height: 900 } }, async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      const slow = { offline: false, latency: 400, downloadThroughput: 60_000, uploadThroughput: 60_000 };
      await session.send('Network.emulateNetworkConditions', slow);
      await page.addInitScript(() => {
        globalThis.shifts = [];
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) globalThis.shifts.push(value);
        }).observe({ type: 'layout-shift', buffered: true });
      });
      await page.goto(`${daemon.url}/`, { timeout: 60_000 });
      await page
        .getByText(/GiB of [0-9.]+ GiB/)
        .first()
        .waitFor({ timeout: 60_000 });
      await settled(page);
      const sum = await page.evaluate(() => globalThis.shifts.reduce((total, value) => total + value, 0));
      assert.ok(sum < 0.1, `the layout shifts by ${sum}`);
    });
  });

  test('the menu keeps its measure when there is something to tell', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      await page.getByLabel('Search the settings').fill('AssetPath');
      const entry = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Settings' });
      const height = async () => (await entry.boundingBox()).height;
      const before = await height();
      await page.getByLabel('Asset Path', { exact: true }).fill('/tmp');
      await entry.getByText('unsaved').waitFor();
      assert.equal(await height(), before);
    });
  });
});

test('test images are not taken for what was made for the library', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/', {}, async (page) => {
    await page.getByText('Pictures that a run makes for your library appear here.').waitFor();
  });
});

test('posters are reset of a library that there is', async (t) => {
  const home = await Home.start();
  t.after(() => home.stop());
  const daemon = await Daemon.start({ options: home.options });
  t.after(() => daemon.stop());
  await home.furnish(daemon);
  const asked = await daemon.post('/api/libraries/plex', { url: home.url, token: 'token' });
  assert.ok(asked.ok);
  await withPage(daemon, '/run', {}, async (page) => {
    const card = page.getByRole('region', { name: 'Reset the posters of a Plex library' });
    const choice = card.getByRole('combobox', { name: 'Library' });
    await choice.selectOption('Movies');
    const options = await choice.getByRole('option').allTextContents();
    assert.deepEqual(options, ['Choose a library', 'Movies', 'Shows']);
    await card.getByRole('button', { name: 'Reset posters' }).click();
    await page.getByRole('dialog').getByText('Movies').waitFor();
  });
});
