// The help: pages of docs/ inside the web UI, and the ways to them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { visit, withPage } from './page.mjs';

describe('the help', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start();
  });
  after(() => daemon.stop());

  test('a page leads to what the help says about it, and that to further pages, without a new load', async () => {
    await withPage(daemon, '/schedules', {}, async (page) => {
      await page.evaluate(() => {
        globalThis.sameDocument = true;
      });
      await page.getByRole('link', { name: 'Help on this page' }).click();
      await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
      await page.locator('.prose').getByRole('link', { name: 'cron expression' }).click();
      await page.getByRole('heading', { level: 1, name: 'Words' }).waitFor();
      const heading = page.getByRole('heading', { level: 2, name: 'Cron expression' });
      await heading.waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent === 'Cron expression');
      assert.match(page.url(), /\/help\/words#cron-expression$/);
      const { y } = await heading.boundingBox();
      assert.ok(y >= 0 && y < 900, `the heading is at ${y}`);
      assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
    });
  });

  test('every page of the contents is there, with its pictures', async () => {
    await withPage(daemon, '/help', {}, async (page) => {
      const links = page.locator('.help-contents a');
      await links.first().waitFor();
      const paths = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
      assert.ok(paths.length > 12, paths.join());
      for (const path of paths) {
        await page.goto(daemon.url + path);
        await page.locator('.prose p').first().waitFor();
        const pictures = page.locator('.prose img');
        for (let n = 0; n < (await pictures.count()); n++) {
          await pictures.nth(n).scrollIntoViewIfNeeded();
          await page.waitForFunction((at) => document.querySelectorAll('.prose img')[at].naturalWidth > 0, n);
        }
      }
    });
  });

  test('in another language the help says that it is in English, and is marked so', async () => {
    await withPage(daemon, '/help/words', { locale: 'de-DE' }, async (page) => {
      await page.getByText('Die Hilfe gibt es nur auf Englisch.').waitFor();
      assert.equal(await page.locator('.prose').getAttribute('lang'), 'en');
    });
  });

  test('a page that is not there leads to those that are', async () => {
    await withPage(daemon, '/help/nothing', {}, async (page) => {
      await page.getByText('There is no such help page.').waitFor();
      await page.getByRole('link', { name: 'Here are all of them.' }).click();
      await page.getByRole('link', { name: 'First posters in ten minutes' }).waitFor();
    });
  });

  test('a setting whose word needs it leads to the word', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/settings?key=FavProvider', 'Settings');
      await page.getByRole('link', { name: 'Help: Favorite Provider' }).click();
      await page.getByRole('heading', { level: 2, name: 'Favourite provider' }).waitFor();
    });
  });
});
