// The library by title: found by letter and by words, all of a title on one page; and choosing many pictures at once.
import assert from 'node:assert/strict';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon, withTitles } from './daemon.mjs';
import { assertAccessible, assertFits, settled, withPage } from './page.mjs';

const focused = (page, wanted) =>
  page.waitForFunction((text) => document.activeElement?.textContent?.includes(text), wanted);

describe('the library by title', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withTitles });
  });
  after(() => daemon.stop());

  const dark = (file) => join(daemon.folder, 'assets', 'TV', 'Dark (2017)', file);

  test('titles are found by letter, by words in any order, and by episode', async () => {
    await withPage(daemon, '/library/titles', {}, async (page) => {
      await page.getByText('5 titles').waitFor();
      await page.getByRole('link', { name: 'Ronin (1998)' }).waitFor();
      const titles = await page
        .locator('a.tile')
        .evaluateAll((tiles) => tiles.map((tile) => tile.querySelector('.truncate').textContent));
      const byName = ['The Bear (2022)', 'Dark (2017)', 'Élite (2018)', 'Heat (1995)', 'Ronin (1998)'];
      assert.deepEqual(titles, byName, 'articles and accents do not count');
      const letters = page.getByRole('navigation', { name: 'Go to a letter' });
      assert.equal(await letters.getByRole('button', { name: 'Z' }).isDisabled(), true);
      await letters.getByRole('button', { name: 'R' }).click();
      await focused(page, 'Ronin (1998)');

      const search = page.getByRole('searchbox');
      await search.fill('1995 heat');
      await page.getByText('1 title', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Heat (1995)' }).waitFor();
      await search.fill('dark s1e3');
      await page.getByText('1 title', { exact: true }).waitFor();
      await page.reload();
      await page.getByText('1 title', { exact: true }).waitFor();
      await search.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Dark (2017)' }).waitFor();
      await page.waitForFunction(() => document.activeElement?.id === 's01e03');
      await page.goBack();
      await page.getByText('1 title', { exact: true }).waitFor();
      assert.equal(await search.inputValue(), 'dark s1e3');
      await page.getByRole('group', { name: 'Libraries' }).getByRole('button', { name: 'Movies' }).click();
      await page.getByText('Nothing matches.').waitFor();
    });
  });

  test('a picture of a folder is in the address, with the ones before and after it', async () => {
    await withPage(daemon, '/library/folders/TV', {}, async (page) => {
      await page.getByRole('link', { name: /Dark \(2017\)/ }).click();
      await page.getByRole('button', { name: 'Dark (2017), S1 · E2' }).click();
      const viewer = page.getByRole('dialog');
      await viewer.getByRole('heading', { name: /S1 · E2/ }).waitFor();
      await viewer.getByRole('button', { name: 'Next picture' }).click();
      await viewer.getByRole('heading', { name: /S1 · E3/ }).waitFor();
      await page.reload();
      await viewer.getByRole('heading', { name: /S1 · E3/ }).waitFor();
      await page.goBack();
      await viewer.waitFor({ state: 'detached' });
      assert.ok(page.url().endsWith('/library/folders/TV/Dark%20(2017)'), page.url());
      await page.getByRole('button', { name: 'Dark (2017), S1 · E2' }).waitFor();
    });
  });

  test('there is no way past the first and the last picture', async () => {
    for (const path of [
      '/library/titlecards',
      '/library/folders/TV/Dark%20(2017)',
      '/library/title/TV/Dark%20(2017)',
    ]) {
      await withPage(daemon, `${path}?picture=1`, {}, async (page) => {
        const viewer = page.getByRole('dialog');
        const [previous, next] = ['Previous picture', 'Next picture'].map((name) =>
          viewer.getByRole('button', { name }),
        );
        await next.waitFor();
        assert.ok(await previous.isDisabled(), `${path}: the first one`);
        let seen = 1;
        // More than there are.
        for (; seen < 10 && (await next.isEnabled()); seen += 1) {
          await next.click();
          await page.waitForURL(({ searchParams }) => searchParams.get('picture') === String(seen + 1));
          await previous.waitFor();
          assert.ok(await previous.isEnabled(), path);
        }
        assert.ok(seen > 3 && seen < 10, `${path}: the last one is ${seen}`);
      });
    }
  });

  test('what Action Center, History and Settings are searched for outlives a reload', async () => {
    await withPage(daemon, '/actions', {}, async (page) => {
      const search = page.getByRole('searchbox');
      await search.fill('dark');
      await page.getByLabel('Library', { exact: true }).selectOption('TV');
      await page.reload();
      assert.equal(await search.inputValue(), 'dark');
      assert.equal(await page.getByLabel('Library', { exact: true }).inputValue(), 'TV');
      await page.goto(`${daemon.url}/history`);
      await page.getByLabel('Kind of run').selectOption('testing');
      await page.getByLabel('Period').selectOption('30');
      await page.reload();
      await page.getByLabel('Kind of run').waitFor();
      assert.equal(await page.getByLabel('Kind of run').inputValue(), 'testing');
      assert.equal(await page.getByLabel('Period').inputValue(), '30');
      await page.goto(`${daemon.url}/settings`);
      await search.fill('maxLogs');
      await page.getByRole('button', { name: 'Only changed' }).click();
      await page.getByText('No setting matches.').waitFor();
      await page.reload();
      await page.getByText('No setting matches.').waitFor();
      assert.equal(await search.inputValue(), 'maxLogs');
    });
  });

  test('words are found in any order among pictures, too', async () => {
    await withPage(daemon, '/library/titlecards', {}, async (page) => {
      await page.getByText('5 pictures').waitFor();
      const search = page.getByRole('searchbox');
      await search.fill('s1e3 dark');
      await page.getByText('1 picture', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Dark (2017), S1 · E3' }).waitFor();
      await search.fill('S1E3');
      await page.getByText('2 pictures').waitFor();
    });
  });

  test('a title has all of its pictures, which are looked at, deleted and brought back', async () => {
    await withPage(daemon, '/library/titles', {}, async (page) => {
      await page.getByRole('link', { name: 'Dark (2017)' }).click();
      await page.getByRole('heading', { level: 1, name: 'Dark (2017)' }).waitFor();
      const season = page.getByRole('region', { name: 'Season 1' });
      await season.getByText('3 title cards').waitFor();
      await page.getByRole('region', { name: 'Season 2' }).getByText('1 title card').waitFor();

      await season.getByRole('button', { name: 'S1 · E2' }).click();
      const viewer = page.getByRole('dialog');
      await viewer.getByRole('heading', { name: 'Dark (2017) — S1 · E2' }).waitFor();
      await page.keyboard.press('ArrowRight');
      await viewer.getByRole('heading', { name: 'Dark (2017) — S1 · E3' }).waitFor();
      await page.goBack();
      await viewer.waitFor({ state: 'detached' });
      await page.getByRole('heading', { level: 1, name: 'Dark (2017)' }).waitFor();

      await season.getByRole('button', { name: 'S1 · E1' }).click();
      await viewer.getByRole('button', { name: 'Delete' }).click();
      await page
        .getByRole('dialog', { name: /^Delete/ })
        .getByRole('button', { name: 'Delete' })
        .click();
      const deleted = page.getByRole('region', { name: 'Deleted' });
      await deleted.getByRole('button', { name: 'Restore “S1 · E1”' }).waitFor();
      await season.getByText('2 title cards').waitFor();
      await assert.rejects(access(dark('S01E01.jpg')));
      await deleted.getByRole('button', { name: 'Restore all' }).click();
      await season.getByText('3 title cards').waitFor();
      await deleted.waitFor({ state: 'detached' });
      await access(dark('S01E01.jpg'));

      await page.getByRole('button', { name: 'Show the records' }).click();
      const records = page.getByRole('region', { name: 'Chosen pictures' });
      await records
        .getByRole('row')
        .filter({ hasText: 'German' })
        .getByRole('link', { name: 'image.tmdb.org' })
        .waitFor();

      await page.getByRole('button', { name: 'Delete all' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByText('There is no artwork of this title.').waitFor();
      assert.deepEqual(await readdir(dark('')).catch(() => []), []);
      await deleted.getByRole('button', { name: 'Restore all' }).click();
      await season.getByText('3 title cards').waitFor();
      await deleted.waitFor({ state: 'detached' });
    });
  });

  test('a picture of the gallery leads to its title', async () => {
    await withPage(daemon, '/library/seasons', {}, async (page) => {
      await page.getByRole('button', { name: 'Dark (2017), Season 2' }).click();
      await page.getByRole('dialog').getByRole('link', { name: 'All of this title' }).click();
      await page.getByRole('heading', { level: 1, name: 'Dark (2017)' }).waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
  });

  test('pictures are chosen all at once, up to one, and the other way round', async () => {
    await withPage(daemon, '/library/titlecards', {}, async (page) => {
      await page.getByText('5 pictures').waitFor();
      await page.getByRole('button', { name: 'Select', exact: true }).click();
      const card = (name) => page.getByRole('button', { name, exact: true });
      await card('Dark (2017), S1 · E2').click();
      await card('Dark (2017), S2 · E1').click({ modifiers: ['Shift'] });
      await page.getByText('3 selected').waitFor();
      await page.getByRole('button', { name: 'Invert' }).click();
      await page.getByText('2 selected').waitFor();
      assert.equal(await card('Dark (2017), S1 · E1').getAttribute('aria-pressed'), 'true');
      assert.equal(await card('The Bear (2022), S1 · E3').getAttribute('aria-pressed'), 'true');
      await page.getByRole('button', { name: 'Select all' }).click();
      await page.getByText('5 selected').waitFor();
      await card('Dark (2017), S1 · E1').focus();
      await page.keyboard.press('Enter');
      await page.getByText('4 selected').waitFor();
    });
  });

  test('keys and a long press choose pictures, too', async () => {
    await withPage(daemon, '/library/titlecards', {}, async (page) => {
      await page.getByText('5 pictures').waitFor();
      await page.keyboard.press('Control+a');
      await page.getByText('5 selected').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Select', exact: true }).waitFor();
      const search = page.getByLabel('Search in Title cards');
      await search.fill('dark');
      await page.getByText('4 pictures').waitFor();
      await page.keyboard.press('Control+a');
      assert.equal(await page.evaluate(() => getSelection().toString()), 'dark', 'who writes selects what was written');
      assert.equal(await page.getByText(/selected/).count(), 0);

      const card = page.getByRole('button', { name: 'Dark (2017), S1 · E2', exact: true });
      const touch = { pointerType: 'touch', clientX: 10, clientY: 10, bubbles: true };
      await card.dispatchEvent('pointerdown', touch);
      await page.getByText('1 selected').waitFor();
      await card.dispatchEvent('pointerup', touch);
      await card.dispatchEvent('click');
      await card.and(page.locator('[aria-pressed=true]')).waitFor();
      await page.getByRole('button', { name: 'Dark (2017), S1 · E3', exact: true }).click();
      await page.getByText('2 selected').waitFor();
    });
  });

  test('pictures are in the order of their titles over all libraries, and found by letter', async () => {
    await withPage(daemon, '/library/posters', {}, async (page) => {
      await page.getByLabel('Order').selectOption('By title');
      const names = () =>
        page.locator('.tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('aria-label')));
      const wanted = ['The Bear (2022), Poster', 'Dark (2017), Poster', 'Élite (2018), Poster', 'Heat (1995), Poster'];
      await page.waitForFunction(() => document.querySelector('.tile')?.ariaLabel === 'The Bear (2022), Poster');
      assert.deepEqual(await names(), wanted);
      const letters = page.getByRole('navigation', { name: 'Go to a letter' });
      assert.ok(await letters.getByRole('button', { name: 'A', exact: true }).isDisabled());
      await letters.getByRole('button', { name: 'E', exact: true }).click();
      await page.waitForFunction(() => document.activeElement?.ariaLabel === 'Élite (2018), Poster');
      await page.reload();
      await page.waitForFunction(() => document.querySelector('.tile')?.ariaLabel === 'The Bear (2022), Poster');
    });
  });

  test('the pages fit and are accessible', async () => {
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ]) {
      const options = { viewport: { width, height: 844 }, colorScheme, bypassCSP: true };
      await withPage(daemon, '/library/titles', options, async (page) => {
        await page.getByText('5 titles').waitFor();
        await assertFits(page, `titles at ${width}`);
        await assertAccessible(page, `titles (${colorScheme})`);
        await page.getByRole('link', { name: 'Dark (2017)' }).click();
        await page.getByRole('region', { name: 'Season 1' }).waitFor();
        await settled(page);
        await assertFits(page, `a title at ${width}`);
        await assertAccessible(page, `a title (${colorScheme})`);
      });
    }
  });
});

test('where there is no trash, the question says that files are deleted for good', async (t) => {
  const daemon = await Daemon.start({ prepare: withTitles, options: ['--trash-enabled=false'] });
  t.after(() => daemon.stop());
  await withPage(daemon, '/library/posters', {}, async (page) => {
    await page.getByRole('button', { name: 'Heat (1995), Poster' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText(/The trash is switched off. These files are deleted for good: Movies/).waitFor();
    await page.goto(`${daemon.url}/actions`);
    await page.getByRole('button', { name: 'Delete', exact: true }).first().click();
    await page.getByText(/The trash is switched off: the files are deleted for good/).waitFor();
  });
});
