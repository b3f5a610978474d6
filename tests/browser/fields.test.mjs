// Fields of the settings: back to the default, only what was changed, colours, lists in another order.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { visit, withPage } from './page.mjs';

describe('fields of the settings', () => {
  let daemon;
  before(async () => {
    const config = { PrerequisitePart: { maxLogs: '7' }, PosterOverlayPart: { fontcolor: 'gold' } };
    const prepare = (folder) => writeFile(join(folder, 'config.json'), JSON.stringify(config));
    daemon = await Daemon.start({ prepare });
  });
  after(() => daemon.stop());

  test('only what differs from the default is shown, and goes back to it', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      await page.getByRole('button', { name: 'Only changed' }).click();
      const settings = page.locator('.setting');
      await page.locator('[data-setting="maxLogs"]').waitFor();
      const before = await settings.count();
      assert.ok(before < 20, `${before} settings`);
      await page.getByRole('button', { name: 'Reset to the default: Maximum Log Files' }).click();
      await page.getByText('1 unsaved change').waitFor();
      assert.equal(await page.locator('[data-setting="maxLogs"]').count(), 0);
      assert.equal(await settings.count(), before - 1);
    });
  });

  test('a colour is picked as it is typed', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/settings?key=PosterFontcolor', 'Settings');
      const setting = page.locator('[data-setting="PosterFontcolor"]');
      const picker = setting.locator('input[type="color"]');
      assert.equal(await picker.inputValue(), '#ffd700');
      await picker.fill('#102030');
      assert.equal(await setting.locator('input[type="text"]').inputValue(), '#102030');
    });
  });

  test('an entry of a list is dragged to where it belongs', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/settings?key=PreferredLanguageOrder', 'Settings');
      const entries = page.locator('[data-setting="PreferredLanguageOrder"] .entries li');
      assert.deepEqual(await entries.allInnerTexts(), ['xx', 'en', 'de']);
      await entries.nth(2).dragTo(entries.nth(0));
      assert.deepEqual(await entries.allInnerTexts(), ['de', 'xx', 'en']);
    });
  });

  test('a language is known by its code or its name, and what is none is told at once', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/settings?key=PreferredLanguageOrder', 'Settings');
      const setting = page.locator('[data-setting="PreferredLanguageOrder"]');
      const input = setting.getByLabel(/^Add to/);
      await input.fill('gibberish');
      await input.press('Enter');
      await setting.getByText('There is no language called “gibberish”.').waitFor();
      assert.equal(await input.getAttribute('aria-invalid'), 'true');
      await input.fill('French');
      await input.press('Enter');
      await setting.locator('.entries li').nth(3).waitFor();
      assert.deepEqual(await setting.locator('.entries li').allInnerTexts(), ['xx', 'en', 'de', 'fr']);
      await input.fill('German');
      await setting.getByText('de is already in the list.').waitFor();
    });
  });

  test('a number says what it counts, and from where to where', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/settings?key=PosterBorderwidth', 'Settings');
      await page.locator('[data-setting="PosterBorderwidth"]').getByText('px · 0 to 1000').waitFor();
    });
  });
});

describe('the settings of a new installation', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start();
  });
  after(() => daemon.stop());

  test('none of them is as somebody set it, and an example is nothing to go back to', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      await page.getByRole('button', { name: 'Only changed' }).click();
      await page.getByText('No setting matches.').waitFor();
      await page.getByRole('button', { name: 'Only changed' }).click();
      await page.getByLabel('Search the settings').fill('JellyfinUrl');
      const address = page.locator('[data-setting="JellyfinUrl"]');
      await address.locator('input').fill('http://nas:8096');
      await page.getByText('1 unsaved change').waitFor();
      assert.equal(await address.getByRole('button').count(), 0);
      await page.getByLabel('Search the settings').fill('LibraryLanguageOverrides');
      assert.equal(await page.locator('[data-setting="LibraryLanguageOverrides"] textarea').inputValue(), '{}');
    });
  });
});
