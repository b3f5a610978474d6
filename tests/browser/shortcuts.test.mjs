// Keys that work wherever the focus is, exact times, and the viewer of pictures by key and finger.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon, withTitles } from './daemon.mjs';
import { assertAccessible, assertFits, withPage } from './page.mjs';

/** A date with the time of day. */
const EXACT = /\d{4}.*\d:\d\d/;

describe('a daemon with a small library', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start({ prepare: withTitles });
  });
  after(() => daemon.stop());

  const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

  test('two keys lead to a page, one to its search, and one tells them all', async () => {
    await withPage(daemon, '/', { bypassCSP: true }, async (page) => {
      await heading(page, 'Dashboard');
      await page.keyboard.press('g');
      await page.keyboard.press('l');
      await heading(page, 'Library');
      await page.keyboard.press('/');
      const search = page.getByLabel('Search in Posters');
      await page.waitForFunction(() => document.activeElement?.matches('input[type=search]'));
      await page.keyboard.type('g/?x');
      assert.equal(await search.inputValue(), 'g/?x', 'who writes is left alone');
      await search.blur();
      await page.keyboard.press('?');
      const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await sheet.getByText('Schedules').waitFor();
      await assertAccessible(page, 'the sheet of shortcuts');
      await page.keyboard.press('g');
      await page.keyboard.press('s');
      await sheet.getByRole('switch', { name: 'Single keys as shortcuts' }).uncheck();
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
      await page.keyboard.press('?');
      await page.keyboard.press('g');
      await page.keyboard.press('s');
      await heading(page, 'Library');
      assert.equal(await sheet.count(), 0, 'they can be switched off');
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await sheet.getByRole('switch').check();
      await page.keyboard.press('Escape');
      await page.keyboard.press('g');
      await page.keyboard.press('s');
      await heading(page, 'Schedules');
    });
  });

  test('exact times are a press or a key away, and are kept', async () => {
    await daemon.post('/api/webhook/arr', { eventType: 'Test' });
    await withPage(daemon, '/triggers', { hasTouch: true }, async (page) => {
      const time = page.getByRole('row').locator('time').first();
      await time.waitFor();
      assert.match(await time.textContent(), /now|ago/);
      await time.tap();
      assert.match(await time.textContent(), EXACT);
      await page.reload();
      await time.waitFor();
      assert.match(await time.textContent(), EXACT);
      await page.keyboard.press('x');
      await page.waitForFunction(() => /now|ago/.test(document.querySelector('tr time').textContent));
      await page.keyboard.press('g');
      await page.keyboard.press('i');
      await page.getByRole('switch', { name: 'Exact times' }).check();
      await page.keyboard.press('g');
      await page.keyboard.press('t');
      await time.waitFor();
      assert.match(await time.textContent(), EXACT);
    });
  });

  test('a picture is deleted by key, after a question', async () => {
    await withPage(daemon, '/library/titlecards', {}, async (page) => {
      await page.getByRole('button', { name: 'The Bear (2022), S1 · E3' }).click();
      const viewer = page.getByRole('dialog', { name: 'The Bear (2022) — S1 · E3' });
      await viewer.waitFor();
      await page.keyboard.press('Delete');
      const question = page.getByRole('dialog', { name: /^Delete “The Bear/ });
      await question.waitFor();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
      await viewer.waitFor();
      await page.keyboard.press('Delete');
      await question.getByRole('button', { name: 'Delete' }).click();
      await page.getByText('4 pictures').waitFor();
    });
  });

  test('on a phone a finger leads to the next picture, and a button to its full size', async () => {
    const options = { viewport: { width: 390, height: 844 }, hasTouch: true, bypassCSP: true };
    await withPage(daemon, '/library/posters', options, async (page) => {
      await page.getByRole('button', { name: 'Heat (1995), Poster' }).tap();
      const viewer = page.getByRole('dialog');
      const heading = (name) => viewer.getByRole('heading', { name }).waitFor();
      await heading('Heat (1995) — Poster');
      const frame = viewer.locator('.frame');
      const wipe = async (from, to) => {
        const touch = { pointerType: 'touch', isPrimary: true, bubbles: true };
        await frame.dispatchEvent('pointerdown', { ...touch, clientX: from, clientY: 300 });
        await frame.dispatchEvent('pointerup', { ...touch, clientX: to, clientY: 310 });
      };
      await wipe(300, 100);
      await heading('Élite (2018) — Poster');
      await wipe(100, 300);
      await heading('Heat (1995) — Poster');
      await wipe(100, 120);
      await heading('Heat (1995) — Poster');

      await viewer.getByText('1 × 1 pixels').waitFor();
      const width = () => viewer.getByRole('img').evaluate((image) => image.clientWidth);
      assert.ok((await width()) > 100);
      await viewer.getByRole('button', { name: 'Full size' }).tap();
      assert.equal(await width(), 1);
      await assertFits(page, 'the viewer');
      await assertAccessible(page, 'the viewer');
      const buttons = viewer.locator('.dialog-foot').getByRole('button');
      const boxes = await Promise.all((await buttons.all()).map((button) => button.boundingBox()));
      for (const { height, width } of boxes) {
        assert.ok(height >= 36 && height <= 56, `a button is ${height} px tall`);
        assert.ok(width >= 44, `a button is ${width} px wide`);
      }
      const [before, next] = boxes;
      assert.equal(before.y, next.y, 'the two that turn over are side by side');
    });
  });
});
