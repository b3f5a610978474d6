// The daemon's own settings, changed where that is safe, with a sample of what they make.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

const PLACE = '/settings/daemon';

describe("the daemon's own settings", () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({});
  });
  after(() => daemon.stop());

  const row = (page, key) => page.locator(`[data-setting="${key}"]`);
  const value = (page, key) => row(page, key).getByLabel(key, { exact: true });
  const saved = () => readFile(join(daemon.folder, 'settings.toml'), 'utf8').catch(() => '');

  test('badges are seen on a sample before they are saved, and count at once', async () => {
    await withPage(daemon, PLACE, {}, async (page) => {
      const sample = page.getByRole('region', { name: 'Sample' }).first();
      const picture = sample.getByRole('img');
      await picture.waitFor();
      const before = await picture.getAttribute('src');
      await value(page, 'drawing.badges').fill('resolution northwest');
      await page.waitForFunction(
        ({ before }) => {
          const image = document.querySelector('[aria-label="Sample"] img');
          return image && image.getAttribute('src') !== before;
        },
        { before },
      );
      assert.equal(await saved(), '', 'a sample saves nothing');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Saved 1 setting', { exact: true }).waitFor();
      await row(page, 'drawing.badges').getByText('saved in the web UI').waitFor();
      assert.match(await saved(), /badges = "resolution northwest"/);
      await row(page, 'drawing.badges').getByRole('button', { name: 'Take back what was saved' }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await row(page, 'drawing.badges').getByText('saved in the web UI').waitFor({ state: 'detached' });
      assert.doesNotMatch(await saved(), /badges/);
    });
  });

  test('what waits for the next start says so, and counts then', async () => {
    await withPage(daemon, PLACE, {}, async (page) => {
      await value(page, 'trash.max_age').fill('9d');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await row(page, 'trash.max_age').getByText('From the next start on: 9d').waitFor();
    });
    await daemon.kill();
    await daemon.again();
    await withPage(daemon, PLACE, {}, async (page) => {
      await row(page, 'trash.max_age').getByText('saved in the web UI').waitFor();
      assert.equal(await value(page, 'trash.max_age').inputValue(), '9d');
      assert.equal(await row(page, 'trash.max_age').getByText('From the next start on').count(), 0);
    });
  });

  test('a wrong value is told at its field, and what opens the house cannot be changed', async () => {
    await withPage(daemon, PLACE, { mayLogErrors: true }, async (page) => {
      await value(page, 'drawing.font_weight').fill('heavy');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await row(page, 'drawing.font_weight').locator('.problem').waitFor();
      assert.equal(await value(page, 'drawing.font_weight').getAttribute('aria-invalid'), 'true');
      for (const key of ['bind', 'runner.command', 'fetch.allow_private']) {
        assert.equal(await row(page, key).locator('input, select').count(), 0, key);
      }
    });
  });
});
