// The web UI without a mouse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon, withPoster, withSleepingScript } from './daemon.mjs';
import { drawn, PAGES, settled, visit, withPage } from './page.mjs';

const focused = (page) => page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent);

/** Presses Tab through the page as long as it takes, and gives what could not be reached, or not be seen. */
async function unreached(page) {
  await page.evaluate(() => {
    globalThis.reached = new Set();
    globalThis.unmarked = new Set();
    document.addEventListener('focusin', ({ target }) => {
      globalThis.reached.add(target);
      // What is focused is marked, or what it is in, as the area to drop files on.
      const marked = [target, target.parentElement].some((element) => {
        const { outlineStyle, borderColor } = getComputedStyle(element);
        return outlineStyle !== 'none' || (element.matches('.drop') && borderColor);
      });
      if (!marked) globalThis.unmarked.add(target);
    });
  });
  const most = await page.evaluate(() => document.querySelectorAll('a, button, input, select, summary').length + 20);
  for (let pressed = 0; pressed < most; pressed += 1) await page.keyboard.press('Tab');
  return page.evaluate(() => {
    const wanted = 'a[href], button, input, select, textarea, summary, [role="button"], [role="switch"]';
    const usable = [...document.querySelectorAll(wanted)].filter(
      (element) =>
        element.checkVisibility() &&
        !element.disabled &&
        // Of tiles and of the choices of a group one is reached by Tab, the others by arrows.
        !element.matches('.tile[tabindex="-1"], [type="radio"]:not(:checked)'),
    );
    const html = (element) => element.outerHTML.slice(0, 200);
    return [
      ...usable.filter((element) => !globalThis.reached.has(element)).map((one) => `not reached: ${html(one)}`),
      ...[...globalThis.unmarked].map((one) => `not marked: ${html(one)}`),
    ];
  });
}

describe('by keyboard', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withPoster });
    const movie = { title: 'Heat', year: 1995, tmdbId: 949, folderPath: '/movies/Heat (1995)' };
    await daemon.post('/api/webhook/arr', { eventType: 'Download', movie, movieFile: { id: 1 } });
    await daemon.post('/api/scheduler/schedule', { time: '04:30', description: 'before Kometa' });
  });
  after(() => daemon.stop());

  test('everything on every page is reached, and seen to be', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      for (const path of Object.keys(PAGES)) {
        await visit(page, daemon, path);
        assert.deepEqual(await unreached(page), [], path);
      }
    });
  });

  test('the menu leads to another page, and past itself', async () => {
    await withPage(daemon, '/triggers', {}, async (page) => {
      await page.getByRole('heading', { level: 1, name: 'Triggers' }).waitFor();
      await page.keyboard.press('Tab');
      assert.equal(await focused(page), 'Skip to the page');
      await page.getByRole('link', { name: 'Schedules' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
    });
  });

  test('who skips the menu stays on the page', async () => {
    await withPage(daemon, '/library/folders', {}, async (page) => {
      await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.equal(new URL(page.url()).pathname, '/library/folders');
      await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    });
  });

  test('where colours are forced, what is on is told from what is off', async () => {
    await withPage(daemon, '/settings/media-servers', { forcedColors: 'active' }, async (page) => {
      const colour = (name) =>
        page.getByRole('switch', { name, exact: true }).evaluate((one) => getComputedStyle(one).backgroundColor);
      assert.notEqual(await colour('Use Plex'), await colour('Use Jellyfin'));
    });
  });

  test('where colours are forced, what is chosen and how far something is are seen, too', async () => {
    await withPage(daemon, '/', { forcedColors: 'active' }, async (page) => {
      const style = (locator) =>
        locator.evaluate((element) => {
          const { outlineStyle, outlineColor, borderTopWidth, backgroundColor } = getComputedStyle(element);
          return { outlineStyle, outlineColor, borderTopWidth, backgroundColor };
        });
      const meter = page.getByRole('progressbar').first();
      await meter.waitFor();
      const [whole, done] = [await style(meter), await style(meter.locator('.meter-bar'))];
      assert.notEqual(done.backgroundColor, whole.backgroundColor, 'what is done of a meter');
      assert.notEqual(whole.borderTopWidth, '0px', 'the end of a meter');
      const menu = page.getByRole('navigation', { name: 'Pages' });
      const ground = async (locator) => (await style(locator)).backgroundColor;
      assert.notEqual(
        await ground(menu.getByRole('link', { name: 'Dashboard' })),
        await ground(menu.getByRole('link', { name: 'Help' })),
      );

      await page.goto(`${daemon.url}/library/posters`);
      const tile = page.getByRole('button', { name: 'Heat (1995), Poster' });
      await tile.waitFor();
      const kinds = page.getByRole('navigation', { name: 'Kinds' });
      assert.notEqual(
        await ground(kinds.getByRole('link', { name: 'Posters' })),
        await ground(kinds.getByRole('link', { name: 'Trash' })),
      );
      const before = await style(tile.locator('.thumb'));
      await page.getByRole('button', { name: 'Select', exact: true }).click();
      await tile.click();
      await page.locator('.tile[aria-pressed=true]').waitFor();
      assert.notEqual((await style(tile.locator('.thumb'))).outlineColor, before.outlineColor, 'a chosen tile');

      await page.goto(`${daemon.url}/logs`);
      const levels = page.locator('.chip[aria-pressed]');
      await levels.first().waitFor();
      const chip = levels.last();
      const pressed = await chip.getAttribute('aria-pressed');
      const was = await ground(chip);
      await chip.click();
      await page.waitForFunction(
        ([element, before]) => element.ariaPressed !== before,
        [await chip.elementHandle(), pressed],
      );
      assert.notEqual(await ground(chip), was, 'a chosen chip');
    });
  });

  test('on a phone the other pages are behind a button', async () => {
    await withPage(daemon, '/', { viewport: { width: 390, height: 844 } }, async (page) => {
      await settled(page);
      const menu = page.getByRole('navigation', { name: 'Pages' });
      const link = menu.getByRole('link', { name: 'Settings' });
      assert.equal(await link.isVisible(), false);
      await page.getByRole('button', { name: 'More' }).focus();
      await page.keyboard.press('Enter');
      await link.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
      await link.waitFor({ state: 'hidden' });
    });
  });

  test('the other pages of a phone go by Escape, by a tap outside of them, and by their button', async () => {
    await withPage(daemon, '/', { viewport: { width: 390, height: 844 }, hasTouch: true }, async (page) => {
      await settled(page);
      const menu = page.getByRole('navigation', { name: 'Pages' });
      const link = menu.getByRole('link', { name: 'Settings' });
      const ways = {
        Escape: () => page.keyboard.press('Escape'),
        // Of what can be tapped there the heading is what leads nowhere.
        outside: () => page.getByRole('heading', { level: 1 }).tap(),
        button: () => menu.getByRole('button', { name: 'Less' }).tap(),
      };
      for (const [way, leave] of Object.entries(ways)) {
        await menu.getByRole('button', { name: 'More' }).tap();
        await link.waitFor();
        await drawn(page);
        await leave();
        await link.waitFor({ state: 'hidden', timeout: 5_000 }).catch(() => assert.fail(`still there: ${way}`));
      }
    });
  });

  test('a question is answered or left, and the focus is where it was', async () => {
    await withPage(daemon, '/schedules', {}, async (page) => {
      const entry = page.getByRole('listitem').filter({ hasText: 'before Kometa' });
      const button = entry.getByRole('button', { name: 'Remove' });
      await button.focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Remove the schedule 04:30?' });
      await dialog.waitFor();
      assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)), 'the focus is inside');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await hasFocus(page, button);
      await page.keyboard.press('Space');
      await dialog.waitFor();
      // Enter at once would change nothing.
      assert.equal((await focused(page)).trim(), 'Cancel');
      await pressUntil(page, 'Tab', 'Remove');
      await page.keyboard.press('Enter');
      await entry.waitFor({ state: 'detached' });
      await isInMain(page);
    });
  });

  test('an entry moves to the first place, and the focus stays with the list', async () => {
    await withPage(daemon, '/settings/languages', {}, async (page) => {
      const list = page.getByRole('group').filter({ hasText: 'Preferred Language Order' });
      const second = (await list.getByRole('listitem').nth(1).locator('span').first().textContent()) ?? '';
      await list.getByRole('button', { name: `Move ${second} up` }).focus();
      await page.keyboard.press('Enter');
      await page.waitForFunction(
        ([element, name]) => element.querySelector('li span')?.textContent === name,
        [await list.elementHandle(), second],
      );
      await page.waitForFunction((element) => element.contains(document.activeElement), await list.elementHandle());
      // The same again is not taken.
      await list.getByLabel(/^Add to/).fill(second);
      await page.getByText(`${second} is already in the list.`).waitFor();
      assert.ok(await list.getByRole('button', { name: 'Add', exact: true }).isDisabled());
      await page.getByRole('button', { name: 'Discard' }).click();
    });
  });

  test('another page is announced', async () => {
    await withPage(daemon, '/run', {}, async (page) => {
      await page.getByRole('link', { name: 'Logs' }).focus();
      await page.keyboard.press('Enter');
      await page.locator('[aria-live=polite]').getByText('Logs', { exact: true }).waitFor({ state: 'attached' });
    });
  });

  test('a switch is turned, looked over and saved', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      await page.getByLabel('Search the settings').focus();
      await page.keyboard.type('LibraryFolders');
      const field = page.getByRole('switch');
      await page.waitForFunction(() => document.querySelectorAll('.setting').length === 1);
      const before = await field.isChecked();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      assert.equal(await field.isChecked(), !before);
      await page.getByRole('button', { name: 'Save 1 change' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Save these changes?' }).waitFor();
      await pressUntil(page, 'Tab', 'Save');
      await page.keyboard.press('Enter');
      await page.getByText('1 setting saved').waitFor();
    });
  });

  test('unsaved settings survive a look at another page, which tells of them', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      await page.getByLabel('Search the settings').fill('PosterMinWidth');
      await page.getByLabel('Poster Min Width').fill('1234');
      await page.getByRole('link', { name: 'History' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'History' }).waitFor();
      await page.getByRole('link', { name: /Settings.*unsaved/ }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Discard' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('unsaved', { exact: true }).waitFor({ state: 'detached' });
      await isInMain(page);
    });
  });

  test('pictures are chosen, deleted and brought back', async () => {
    await withPage(daemon, '/library/posters', {}, async (page) => {
      const tile = page.getByRole('button', { name: 'Heat (1995), Poster' });
      await tile.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await hasFocus(page, tile);
      await page.getByRole('button', { name: 'Select' }).focus();
      await page.keyboard.press('Enter');
      await tile.focus();
      await page.keyboard.press('Space');
      await page.locator('.tile[aria-pressed=true]').waitFor();
      await page.getByRole('button', { name: 'Delete' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await pressUntil(page, 'Tab', 'Delete');
      await page.keyboard.press('Enter');
      await tile.waitFor({ state: 'detached' });
      await pressUntil(page, 'Tab', 'Undo');
      await page.keyboard.press('Enter');
      await tile.waitFor();
    });
  });
});

/** What had the focus is gone: it is near where that was, and not at the page's beginning. */
async function isInMain(page) {
  await page.waitForFunction(() => document.activeElement?.closest('main') !== null);
}

/** Waits until something has the focus. */
async function hasFocus(page, locator) {
  await page.waitForFunction((element) => element === document.activeElement, await locator.elementHandle());
}

/** Presses a key until something of this name has the focus. */
async function pressUntil(page, key, name) {
  for (let pressed = 0; pressed < 100; pressed += 1) {
    await page.keyboard.press(key);
    if ((await focused(page)).trim() === name) return;
  }
  assert.fail(`${key} does not lead to ${name}`);
}

test('a run is stopped after a question that names it', async () => {
  const daemon = await Daemon.start({ options: ['--runner-command', 'sh {script}'], prepare: withSleepingScript });
  await withPage(daemon, '/run', {}, async (page) => {
    await page.getByRole('button', { name: 'Start Normal run' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Stop this run?' }).getByText('Normal run, started here').waitFor();
    await pressUntil(page, 'Tab', 'Stop the run');
    await page.keyboard.press('Enter');
    await page.getByText('Normal run: stopped').waitFor();
  });
  await daemon.stop();
});
