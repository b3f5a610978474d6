// Runs over a library, from the wish to the pictures, with a home of their own.
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon, withSleepingScript } from './daemon.mjs';
import { Home } from './home.mjs';
import { assertAccessible, assertFits, settled, withPage } from './page.mjs';

/** The button beside the run of the whole library; other modes have theirs. */
const dryRunNormal = (page) =>
  page.getByRole('region', { name: 'Normal run' }).getByRole('button', { name: 'Dry run' });

describe('a daemon with a home', () => {
  let home;
  let daemon;
  before(async () => {
    home = await Home.start();
    daemon = await Daemon.start({ options: home.options });
    await home.furnish(daemon);
  });
  after(async () => {
    await daemon.stop();
    await home.stop();
  });

  const made = () => readdir(join(daemon.folder, 'assets', 'Movies')).catch(() => []);

  test('a dry run is made, its plan is read, and then it is made', async () => {
    await withPage(daemon, '/run', {}, async (page) => {
      await dryRunNormal(page).click();
      await page.getByRole('heading', { level: 1, name: 'Run 1' }).waitFor();
      const plan = page.getByRole('region', { name: 'What a run would do' });
      const chip = (name) => plan.getByRole('button', { name });
      await page.getByText('completed', { exact: true }).waitFor({ timeout: 60_000 });
      await chip('All 8').waitFor();
      await chip('Would be made 7').waitFor();
      const row = (title) => plan.getByRole('row').filter({ hasText: title });
      await row('Heat').filter({ hasText: 'Poster' }).getByText('The best textless picture of TMDB').waitFor();
      await row('Heat').filter({ hasText: 'Poster' }).getByRole('link', { name: 'TMDB, without text' }).waitFor();
      await row('Dark').filter({ hasText: 'Title card, S1 · E2' }).waitFor();
      await chip('No picture found 1').click();
      await row('Heat').first().waitFor({ state: 'detached' });
      assert.equal(await row('Collateral').count(), 1);
      assert.equal(new URL(page.url()).search, '?result=missing');
      await page.reload();
      await row('Collateral').first().waitFor();
      assert.equal(await row('Heat').count(), 0, 'the address keeps what was chosen');
      assert.deepEqual(await made(), [], 'a dry run makes nothing');

      home.hold();
      await page.getByRole('button', { name: 'Make these now' }).click();
      await page.getByRole('heading', { level: 1, name: 'Run 2' }).waitFor();
      await page.getByText(/^Now making: .*Heat/).waitFor();
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.getByText(/^Now making: .*Heat/).waitFor();
      await page.getByRole('link', { name: 'Details' }).click();
      await page.getByText(/^Now making: .*Heat/).waitFor();
      // What comes next comes by itself.
      home.letGo();
      const last = page.getByRole('list', { name: 'Latest pictures' });
      await last.getByRole('link', { name: 'Heat Poster' }).waitFor({ timeout: 60_000 });
      const failure = page.getByRole('listitem').filter({ hasText: /影武者 ?Poster: No font has these characters/ });
      await failure.waitFor({ timeout: 60_000 });
      await last.getByRole('link', { name: 'Dark Title card, S1 · E2' }).waitFor({ timeout: 60_000 });
      await page.waitForFunction(
        () => {
          const pictures = [...document.querySelectorAll('[aria-label="Latest pictures"] img')];
          return pictures.length === 6 && pictures.every((picture) => picture.naturalWidth > 0);
        },
        undefined,
        { timeout: 60_000 },
      );
      const became = page.getByRole('region', { name: 'Results' });
      await became.getByRole('button', { name: 'Made 6' }).waitFor({ timeout: 120_000 });
      await became.getByRole('button', { name: 'Failed 1' }).click();
      await became.getByRole('row').filter({ hasText: '影武者' }).getByText('No font has these characters').waitFor();
      assert.ok((await made()).includes('Heat (1995)'));
    });
  });

  test('a picture tells why it is the one, and is made again', async () => {
    await withPage(daemon, '/library/posters', {}, async (page) => {
      await page.getByRole('button', { name: 'Heat (1995), Poster' }).click();
      const viewer = page.getByRole('dialog');
      const why = viewer.getByRole('region', { name: 'Why this picture' });
      await why.getByText('The best textless picture of TMDB, the favourite').waitFor();
      await why.getByRole('link', { name: 'TMDB, without text' }).waitFor();
      const file = join(daemon.folder, 'assets', 'Movies', 'Heat (1995)', 'poster.jpg');
      const { mtimeMs } = await stat(file);
      await viewer.getByRole('button', { name: 'Make again' }).click();
      const question = page.getByRole('dialog', { name: 'Make “Heat (1995)” (Poster) again?' });
      await question.getByRole('button', { name: 'Make again' }).click();
      await page.getByText('Remake: completed').waitFor({ timeout: 60_000 });
      assert.ok((await stat(file)).mtimeMs > mtimeMs);
    });
  });

  test('after a change of the design its pictures are made again, after a dry run', async () => {
    const response = await daemon.post('/api/config?mode=merge', { config: { PosterFontcolor: 'gold' } });
    assert.ok(response.ok, await response.text());
    await withPage(daemon, '/library', {}, async (page) => {
      await page.getByRole('button', { name: 'Apply the current design' }).click();
      const choice = page.getByRole('dialog');
      await choice.getByLabel('Library').selectOption('Movies');
      await choice.getByRole('button', { name: 'Dry run' }).click();
      const plan = page.getByRole('region', { name: 'What a run would do' });
      await plan.getByRole('button', { name: 'Would be made 2' }).click();
      for (const title of ['Heat', 'Ronin']) await plan.getByRole('row').filter({ hasText: title }).waitFor();
      await page.getByText('completed', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Make these now' }).click();
      const became = page.getByRole('region', { name: 'Results' });
      await became.getByRole('button', { name: 'Made 2' }).waitFor({ timeout: 60_000 });
    });
  });

  test('the page of a run fits, and is accessible', async () => {
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ]) {
      const options = { viewport: { width, height: 844 }, colorScheme, bypassCSP: true };
      await withPage(daemon, '/runs/1', options, async (page) => {
        await page.getByRole('region', { name: 'What a run would do' }).getByRole('row').nth(1).waitFor();
        await settled(page);
        await assertFits(page, `/runs/1 at ${width}`);
        await assertAccessible(page, `/runs/1 (${colorScheme})`);
      });
    }
  });
});

test('the address of no run says so', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/runs/abc', {}, async (page) => {
    await page.getByRole('alert').getByText('“abc” is not one').waitFor();
  });
});

test('a newcomer is led to what is missing, until all is there', async (t) => {
  const home = await Home.start();
  t.after(() => home.stop());
  const daemon = await Daemon.start({ options: home.options });
  t.after(() => daemon.stop());
  await withPage(daemon, '/', {}, async (page) => {
    const steps = page.getByRole('region', { name: 'First steps' });
    const check = (text) => steps.getByRole('listitem').filter({ hasText: text });
    await check('Media server').getByText('Plex address is still the example').waitFor();
    await steps.getByText('2 things to do').waitFor();
    assert.match(await steps.getByRole('listitem').first().textContent(), /^To do:/, 'what must be done comes first');
    await page.getByText('The built-in engine does the runs').first().waitFor();

    await page.getByRole('link', { name: 'Run', exact: true }).click();
    await check('No provider of artwork can be asked').getByRole('link', { name: 'Artwork providers' }).click();
    await page.getByLabel('TMDB read access token').waitFor();
    assert.equal(new URL(page.url()).pathname, '/setup/keys', 'it leads to the step of the assistant');

    await home.furnish(daemon);
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await steps.getByText('Everything is in place.').waitFor();
    await steps.getByRole('link', { name: 'Do a dry run, or start a run.' }).click();
    await dryRunNormal(page).waitFor();
    await settled(page);
    await steps.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByText('There has been no run yet.').waitFor();
    assert.equal(await steps.count(), 0, 'who was ready once is not led any more');
  });
});

test('where the script does the runs, the built-in engine shows what it would do', async (t) => {
  const home = await Home.start();
  t.after(() => home.stop());
  const options = [...home.options, '--runner-kind', 'script', '--runner-command', 'sh {script}'];
  const daemon = await Daemon.start({ prepare: withSleepingScript, options });
  t.after(() => daemon.stop());
  await home.furnish(daemon);
  await withPage(daemon, '/run', {}, async (page) => {
    await page.getByText('Posterizarr.ps1 does the runs, because runner.kind is script.').waitFor();
    await page.getByRole('button', { name: 'See what the built-in engine would do' }).click();
    await page
      .getByRole('region', { name: 'What a run would do' })
      .getByRole('button', { name: 'Would be made 7' })
      .waitFor();
  });
});
