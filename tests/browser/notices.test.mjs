// The notice centre: what somebody should know is counted in the menu until it was seen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { assertAccessible, assertFits, settled, withPage } from './page.mjs';

test('what went wrong is told until it was seen, with the way to mend it', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/history', { bypassCSP: true }, async (page) => {
    await settled(page);
    const bell = page.getByRole('button', { name: /^Notices/ });
    await bell.waitFor();
    assert.equal(await bell.textContent(), 'Notices', 'nothing went wrong yet');

    // Without a media server a run fails; the page hears of it by itself.
    await daemon.post('/api/run/normal', {});
    await page.getByRole('button', { name: 'Notices 1 new' }).click();
    const centre = page.getByRole('dialog', { name: 'Notices' });
    const failure = centre.getByRole('listitem').filter({ hasText: 'Normal run: failed' });
    await failure.getByRole('link', { name: 'Open the run' }).waitFor();
    await assertAccessible(page, 'the notice centre');
    await failure.getByRole('button', { name: /as seen$/ }).click();
    await page.keyboard.press('Escape');
    await centre.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent === 'Notices');

    // The dashboard asks whether a run can work: that is told from then on, and the failure stays seen.
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByRole('button', { name: 'Notices 2 new' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Notices 2 new' }).click();
    assert.match(await centre.getByRole('listitem').last().textContent(), /Normal run: failed/, 'seen ones come last');
    await centre.getByRole('button', { name: 'Mark all as seen' }).click();
    await centre.getByRole('link', { name: 'Media server' }).click();
    await page.getByRole('heading', { level: 2, name: 'Media server' }).waitFor();
    await centre.waitFor({ state: 'detached' });
    assert.equal(await bell.textContent(), 'Notices');
  });
});

test('on a phone the closed menu counts them', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/', { viewport: { width: 390, height: 844 } }, async (page) => {
    const more = page.getByRole('button', { name: 'More 2 new' });
    await more.click();
    await page.getByRole('button', { name: 'Notices 2 new' }).click();
    await page.getByRole('dialog', { name: 'Notices' }).waitFor();
    await assertFits(page, 'notices on a phone');
  });
});
