// Fixing a picture: another one from a provider, this device or an address, before and after, undone; and the queue of those
// that wait.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Home } from './home.mjs';
import { assertAccessible, assertFits, settled, visit, withPage } from './page.mjs';

const HEAT = join('assets', 'Movies', 'Heat (1995) {tmdb-100}', 'poster.jpg');

describe('replacing a picture', () => {
  let home;
  let daemon;
  let old;
  const made = () => readFile(join(daemon.folder, HEAT));
  before(async () => {
    home = await Home.start();
    daemon = await Daemon.start({ options: home.options });
    await home.furnish(daemon);
    const paths = { AssetPath: join(daemon.folder, 'assets'), ManualAssetPath: join(daemon.folder, 'manualassets') };
    await mkdir(paths.ManualAssetPath, { recursive: true });
    await daemon.post('/api/config?mode=merge', { config: paths });
    old = home.pictures.poster;
    await mkdir(join(daemon.folder, HEAT, '..'), { recursive: true });
    await writeFile(join(daemon.folder, HEAT), old);
  });
  after(async () => {
    await daemon.stop();
    await home.stop();
  });

  const openIt = async (page) => {
    await page.getByRole('button', { name: 'Heat (1995)' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    const dialog = page.getByRole('dialog', { name: /^Replace “Heat/ });
    await dialog.waitFor();
    return dialog;
  };

  test('a picture of a provider takes its place, and the old one comes back at a press', async () => {
    await withPage(daemon, '/library', {}, async (page) => {
      const dialog = await openIt(page);
      const offer = dialog.getByRole('button', { name: /^TMDB, / }).first();
      await offer.waitFor();
      await page.waitForFunction(() => document.querySelector('.offer img')?.naturalWidth > 0);
      const now = dialog.getByRole('button', { name: 'Replace now' });
      assert.equal(await now.isDisabled(), true, 'nothing is chosen yet');
      await offer.click();
      await dialog.getByAltText('The chosen picture').waitFor();
      await dialog.getByLabel('Text on the picture').fill('HEAT');
      await now.click();
      await page.getByText('The picture has been replaced').waitFor({ timeout: 60_000 });
      assert.notDeepEqual(await made(), old);
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('The old picture is back').waitFor();
      assert.deepEqual(await made(), old);
    });
  });

  test('a title is searched for by name, and a provider that fails is told', async () => {
    await withPage(daemon, '/library', {}, async (page) => {
      const dialog = await openIt(page);
      await dialog.getByRole('searchbox').fill('Ronin');
      await dialog.getByRole('button', { name: 'Search' }).click();
      await dialog
        .getByRole('button', { name: /^TMDB, / })
        .first()
        .waitFor();
      await dialog.getByRole('searchbox').fill('Nothing of that name');
      await dialog.getByRole('searchbox').press('Enter');
      await dialog.getByText('None of the providers asked').waitFor();
    });
  });

  test('pictures wait in the queue until they are let go, and a file of this device is one of them', async () => {
    await withPage(daemon, '/library', {}, async (page) => {
      const dialog = await openIt(page);
      await dialog.getByRole('button', { name: 'From this device' }).click();
      await dialog.locator('input[type=file]').setInputFiles({ name: 'mine.jpg', mimeType: 'image/jpeg', buffer: old });
      await dialog.getByAltText('The chosen picture').waitFor();
      await dialog.getByRole('button', { name: 'Add to the queue' }).click();
      await page.getByText('The picture waits in the queue').waitFor();
      assert.deepEqual(await made(), old, 'nothing happens by itself');

      await visit(page, daemon, '/library/queue', 'Library');
      await page.getByText('0 of 1 done').waitFor();
      await page.getByText('waiting', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Make all' }).click();
      await page.getByText('1 of 1 done').waitFor({ timeout: 60_000 });
      assert.notDeepEqual(await made(), old);
      await page.getByRole('checkbox', { name: /Heat/ }).check();
      await page.getByRole('button', { name: 'Remove 1 picture' }).click();
      await page.getByText('No pictures are waiting.').waitFor();
    });
  });

  test('the run page searches for a picture and puts its run into the queue', async () => {
    await withPage(daemon, '/run', {}, async (page) => {
      await page.getByRole('heading', { level: 1, name: 'Run' }).waitFor();
      const form = page.locator('form.manual');
      await form.getByLabel('Folder').fill('Ronin (1996)');
      await form.getByLabel('Library').fill('Movies');
      await form.getByLabel('Text on the picture').fill('Ronin');
      await form.getByRole('button', { name: 'Search' }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^TMDB, / })
        .first()
        .click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await form.getByRole('button', { name: 'Add to the queue' }).click();
      await page.getByText('The picture waits in the queue').waitFor();
      await form.getByRole('link', { name: 'Show the queue' }).click();
      await page.getByText('Ronin (1996)').first().waitFor();
      await page.getByRole('button', { name: 'Clear the queue' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Clear the queue' }).click();
      await page.getByText('No pictures are waiting.').waitFor();
    });
  });

  test('the Action Center leads to it', async () => {
    const record = { Title: 'A record', Type: 'Movie', Rootfolder: 'Heat (1995) {tmdb-100}', LibraryName: 'Movies' };
    await daemon.post('/api/imagechoices', { ...record, Language: 'xx', Fallback: 'true', TextTruncated: 'true' });
    await withPage(daemon, '/actions', {}, async (page) => {
      const issue = page.getByRole('listitem').filter({ hasText: 'A record' });
      await issue.getByRole('button', { name: 'Replace' }).click();
      const dialog = page.getByRole('dialog', { name: 'Replace “Heat (1995)” (Poster)' });
      await dialog
        .getByRole('button', { name: /^TMDB, / })
        .first()
        .waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    });
  });

  test('the dialog and the queue fit and are accessible', async () => {
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ]) {
      const options = { viewport: { width, height: 844 }, colorScheme, bypassCSP: true };
      await withPage(daemon, '/library', options, async (page) => {
        const dialog = await openIt(page);
        await dialog
          .getByRole('button', { name: /^TMDB, / })
          .first()
          .waitFor();
        await settled(page);
        await assertFits(page, `the dialog at ${width}`);
        await assertAccessible(page, `the dialog (${colorScheme})`);
        await dialog.getByRole('button', { name: 'From an address' }).click();
        await dialog.getByLabel('Address of the picture').fill(`${home.url}/t/p/original/poster-100.jpg`);
        await dialog.getByRole('button', { name: 'Add to the queue' }).click();
        await page.getByText('The picture waits in the queue').waitFor();
        await visit(page, daemon, '/library/queue', 'Library');
        await page.getByText(/of \d done/).waitFor();
        await assertFits(page, `the queue at ${width}`);
        await assertAccessible(page, `the queue (${colorScheme})`);
      });
    }
  });
});
