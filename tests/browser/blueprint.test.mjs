// Blueprints: the portable settings as a file, out and in.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

const PLACE = '/settings/backups';

describe('a configuration of somebody’s own', () => {
  let daemon;
  before(async () => {
    const config = { ApiPart: { PlexToken: 'secret-of-this-house' }, PosterOverlayPart: { fontcolor: 'gold' } };
    daemon = await Daemon.start({
      prepare: (folder) => writeFile(join(folder, 'config.json'), JSON.stringify(config)),
    });
  });
  after(() => daemon.stop());

  const stored = async () => JSON.parse(await readFile(join(daemon.folder, 'config.json'), 'utf8'));
  const choose = (page, content) =>
    page.getByLabel(/Drop a blueprint here/).setInputFiles({
      name: 'mine.json',
      mimeType: 'application/json',
      buffer: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
    });

  test('the export is a file of settings without secrets', async () => {
    await withPage(daemon, PLACE, {}, async (page) => {
      const coming = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Export blueprint' }).click();
      const download = await coming;
      assert.equal(download.suggestedFilename(), 'custom_blueprint.json');
      const text = await readFile(await download.path(), 'utf8');
      assert.equal(JSON.parse(text).PosterOverlayPart.fontcolor, 'gold');
      assert.ok(!text.includes('secret-of-this-house'));
    });
  });

  test('an import shows what would change, and changes it only then', async () => {
    await withPage(daemon, PLACE, {}, async (page) => {
      await choose(page, { PosterOverlayPart: { fontcolor: 'crimson' } });
      const review = page.getByRole('dialog', { name: 'Import this blueprint?' });
      await review.getByText('crimson').waitFor();
      await review.getByText('gold').waitFor();
      assert.equal((await stored()).PosterOverlayPart.fontcolor, 'gold', 'a look changes nothing');
      await review.getByRole('button', { name: 'Cancel' }).click();
      assert.equal((await stored()).PosterOverlayPart.fontcolor, 'gold', 'nor does leaving it');

      await choose(page, { PosterOverlayPart: { fontcolor: 'crimson' } });
      await review.getByRole('button', { name: 'Apply 1 change' }).click();
      await page.getByText('1 setting saved').waitFor();
      assert.equal((await stored()).PosterOverlayPart.fontcolor, 'crimson');
      assert.equal((await stored()).ApiPart.PlexToken, 'secret-of-this-house');

      await choose(page, { PosterOverlayPart: { fontcolor: 'crimson' } });
      await page.getByText('Your settings already match this blueprint.').waitFor();
    });
  });

  test('what cannot be imported is told, each with its setting', async () => {
    // The browser itself logs the refused request.
    await withPage(daemon, PLACE, { mayLogErrors: true }, async (page) => {
      const before = await stored();
      await choose(page, 'not json');
      await page.getByText('mine.json is not a blueprint').waitFor();
      await choose(page, { PosterOverlayPart: { fontcolor: 'white', minPointSize: 'huge' } });
      await page
        .getByRole('alert')
        .getByText(/^Min Font Size: must be/)
        .waitFor();
      assert.deepEqual(await stored(), before);
    });
  });
});
