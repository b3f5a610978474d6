// What everybody's new config.json has as an example is nobody's setting: it is shown as not set, and sent to nobody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { settled, withPage } from './page.mjs';

const EXAMPLES = /192\.168\.1\.93|TMDBTOKEN|WebhookID|uptime-kuma\.domain|PosterTemp/;

test('a new installation has no settings of somebody else', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/settings', {}, async (page) => {
    const sections = page.getByRole('navigation', { name: 'Sections' });
    await sections.waitFor();
    const tabs = await sections.getByRole('link').all();
    assert.ok(tabs.length > 5);
    for (const tab of tabs) {
      await tab.click();
      await settled(page);
      const values = await page
        .locator('.setting :is(input, select)')
        .evaluateAll((fields) => fields.map(({ value }) => value));
      for (const value of values) assert.doesNotMatch(value, EXAMPLES);
      const shown = await page.locator('.ticks, .entries').allTextContents();
      for (const text of shown) assert.doesNotMatch(text, /Audiobooks|Youtube|PleaseFillMe/);
    }
    // The last one, of the daemon's own settings, has another search.
    await tabs[0].click();
    const search = page.getByLabel('Search the settings');
    await search.fill('PlexUrl');
    await page.getByPlaceholder('Not set').and(page.getByLabel('Plex URL')).waitFor();
    await search.fill('Discord');
    const key = page.getByLabel('Discord Webhook', { exact: true });
    await page.getByPlaceholder('Not set').and(key).waitFor();
    const attempt = (name, disabled) => page.getByRole('button', { name, disabled }).waitFor();
    // There is nothing to try until something is entered.
    await attempt('Test Discord', true);
    await key.fill('https://discord.com/api/webhooks/1/a');
    await attempt('Test Discord', false);
    await attempt('Test Apprise', true);
  });
});

test('a folder that is not there is told at its setting', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/settings', {}, async (page) => {
    await page.getByLabel('Search the settings').fill('AssetPath');
    const path = page.getByLabel('Asset Path', { exact: true });
    await path.fill('/nowhere/posters');
    await page.getByRole('button', { name: 'Save 1 change' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.locator('[data-setting=AssetPath]').getByText('The folder /nowhere/posters does not exist').waitFor();
    assert.equal(await path.getAttribute('aria-invalid'), 'true');
    await path.fill('/tmp');
    await page.getByText('The folder /nowhere/posters does not exist').waitFor({ state: 'detached' });
  });
});
