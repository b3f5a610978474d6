// A library of 40,000 pictures: what is not seen does not exist, and any of it is a key away.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon, withTitleCards } from './daemon.mjs';
import { withPage } from './page.mjs';

const SHOWS = 400;
const EPISODES = 100;
/** A window of 1280 x 900 shows some 20 tiles. */
const MOST_TILES = 100;

describe('a library of 40,000 title cards', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: (folder) => withTitleCards(folder, SHOWS, EPISODES) });
  });
  after(() => daemon.stop());

  test('only tiles in view exist, from the first to the last', async () => {
    await withPage(daemon, '/library/titlecards', {}, async (page) => {
      await page.getByText('40,000 pictures').waitFor({ timeout: 60_000 });
      const grid = page.getByRole('region', { name: 'Title cards' });
      const tile = (show, episode) =>
        grid.getByRole('button', { name: `Show ${show} (2000), S1 · E${episode}`, exact: true });
      const count = () => page.locator('.tile').count();
      await tile('000', 1).waitFor();
      assert.ok((await count()) < MOST_TILES, `${await count()} tiles`);
      assert.ok((await page.locator('*').count()) < 2000, 'and little else');

      // Half way down by the wheel's way of scrolling, then to the end by key, and back.
      await page.locator('.grid').evaluate((grid) => {
        grid.scrollTop = grid.scrollHeight / 2;
      });
      await tile('200', 1).waitFor();
      assert.ok((await count()) < MOST_TILES, `${await count()} tiles`);
      // Back from another page leads to the same place.
      await page.getByRole('link', { name: 'History' }).click();
      await grid.waitFor({ state: 'detached' });
      await page.goBack();
      await tile('200', 1).waitFor();
      await page.getByRole('button', { name: 'Select' }).focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('End');
      await tile('399', 100).waitFor();
      await page.waitForFunction(() => document.activeElement?.ariaLabel === 'Show 399 (2000), S1 · E100');
      assert.ok((await count()) < MOST_TILES, `${await count()} tiles`);
      await page.waitForFunction(() => {
        const grid = document.querySelector('.grid');
        return grid.scrollHeight - grid.scrollTop - grid.clientHeight < 8;
      });
      await page.keyboard.press('Home');
      await page.waitForFunction(() => document.activeElement?.ariaLabel === 'Show 000 (2000), S1 · E1');
    });
  });

  test('the address keeps what was searched for and looked at, and Back closes the picture', async () => {
    await withPage(daemon, '/library/titlecards', {}, async (page) => {
      const search = page.getByLabel('Search in Title cards');
      await search.fill('Show 123');
      await page.getByText('100 pictures').waitFor();
      await page.getByLabel('Order').selectOption('-size');
      await page.reload();
      await page.getByText('100 pictures').waitFor();
      assert.equal(await search.inputValue(), 'Show 123');
      assert.equal(await page.getByLabel('Order').inputValue(), '-size');

      await page.locator('.tile').first().click();
      const viewer = page.getByRole('dialog');
      await viewer.waitFor();
      await page.keyboard.press('ArrowRight');
      await page.waitForURL(/picture=2/);
      await page.goBack();
      await viewer.waitFor({ state: 'detached' });
      await page.getByText('100 pictures').waitFor();
      await page.goForward();
      await viewer.waitFor();
      await page.reload();
      await viewer.waitFor();
      await page.keyboard.press('Escape');
      await viewer.waitFor({ state: 'detached' });
      assert.equal(new URL(page.url()).searchParams.get('q'), 'Show 123');
    });
  });

  test('pictures are found by search', async () => {
    await withPage(daemon, '/library/titlecards', {}, async (page) => {
      await page.getByLabel('Search in Title cards').fill('Show 123');
      await page.getByText('100 pictures').waitFor();
      await page.getByRole('button', { name: 'Show 123 (2000), S1 · E1', exact: true }).waitFor();
    });
  });
});

/** Whether all of a picture is in its box: one of that form, or fitted into it. Runs in the page. */
function isWhole(image) {
  const form = image.naturalWidth / image.naturalHeight;
  const isOfThatForm = Math.abs(image.clientWidth / image.clientHeight - form) < 0.02;
  return isOfThatForm || ['contain', 'scale-down'].includes(getComputedStyle(image).objectFit);
}

test('wide pictures are shown whole in folders and among one’s own', async (t) => {
  const daemon = await Daemon.start({
    prepare: (folder) => {
      const PrerequisitePart = { AssetPath: join(folder, 'assets'), ManualAssetPath: join(folder, 'own') };
      return writeFile(join(folder, 'config.json'), JSON.stringify({ PrerequisitePart }));
    },
  });
  t.after(() => daemon.stop());
  const drawn = await daemon.post('/api/preview', { kind: 'titlecard', title: 'A wide picture' });
  const picture = Buffer.from(await drawn.arrayBuffer());
  for (const root of ['assets', 'own']) {
    const title = join(daemon.folder, root, 'TV', 'Dark (2017)');
    await mkdir(title, { recursive: true });
    await writeFile(join(title, 'S01E01.jpg'), picture);
  }
  await withPage(daemon, '/library/folders', {}, async (page) => {
    const image = page.getByRole('button', { name: 'Dark (2017), S1 · E1' }).locator('img');
    const assertWhole = async () => {
      await image.waitFor();
      await page.waitForFunction(
        ({ naturalWidth, naturalHeight }) => naturalWidth > naturalHeight,
        await image.elementHandle(),
      );
      assert.ok(await image.evaluate(isWhole), page.url());
    };
    // What is new comes by itself; who asks for it by its address may be too early.
    await page.getByRole('link', { name: /^TV/ }).click();
    await page.getByRole('link', { name: /^Dark \(2017\) / }).click();
    await assertWhole();
    await page.getByRole('link', { name: 'Manual' }).click();
    await page.locator('.crumbs').waitFor({ state: 'detached' });
    await assertWhole();
  });
});
