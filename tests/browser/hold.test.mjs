// The queue on hold: from the question at a stop to letting it go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon, withSleepingScript } from './daemon.mjs';
import { assertAccessible, assertFits, settled, withPage } from './page.mjs';

const SCRIPT = ['--runner-kind', 'script', '--runner-command', 'sh {script}'];
const TAUTULLI = { RatingKey: '51234', mediatype: 'movie' };

async function running(t) {
  const daemon = await Daemon.start({ prepare: withSleepingScript, options: SCRIPT });
  t.after(() => daemon.stop());
  await daemon.post('/api/run/normal', {});
  await daemon.post('/api/webhook/tautulli', TAUTULLI);
  return daemon;
}

test('a run is stopped with the queue on hold, and what waits starts when it is let go on', async (t) => {
  const daemon = await running(t);
  await withPage(daemon, '/', { mayLogErrors: true, bypassCSP: true }, async (page) => {
    const notice = page.getByText('The queue is on hold (');
    const menu = page.getByRole('link', { name: /^Triggers/ });
    await page.getByText('1 job in the queue').waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Stop this run?' });
    await question.getByRole('button', { name: 'Stop the run' }).waitFor();
    assert.equal(await page.getByText('Stopping').count(), 0, 'nothing is said before the answer');
    await question.getByRole('button', { name: 'Stop and hold the queue' }).click();

    await page.getByRole('heading', { name: 'Nothing is running' }).waitFor();
    await notice.waitFor();
    assert.match(await menu.textContent(), /on hold/);
    await page.getByText('Normal run: stopped').waitFor();
    assert.equal(await page.locator('.toast').count(), 1, 'one notice, and none that contradicts it');
    await settled(page);
    await assertAccessible(page, 'the dashboard with the queue on hold');

    // It is known wherever it matters, also after a crash.
    await daemon.kill();
    await daemon.again();
    await page.reload();
    await notice.waitFor();
    await page.getByRole('button', { name: /^Notices/ }).click();
    const centre = page.getByRole('dialog', { name: 'Notices' });
    await centre.getByRole('listitem').filter({ hasText: 'The queue is on hold' }).getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: 'Triggers' }).waitFor();
    await notice.waitFor();
    await page.getByText('waiting', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Let it go on' }).click();
    await page.getByText('The queue goes on').waitFor();
    await notice.waitFor({ state: 'detached' });
    await page.getByText('running', { exact: true }).first().waitFor();

    // And by hand, without a stop.
    await page.getByRole('button', { name: 'Hold the queue' }).click();
    await notice.waitFor();
  });
});

test('where the queue is on hold already, a stop is only a stop', async (t) => {
  const daemon = await running(t);
  await daemon.post('/api/triggers/hold', {});
  await withPage(daemon, '/schedules', { viewport: { width: 390, height: 844 } }, async (page) => {
    await page.getByText('The queue is on hold (').waitFor();
    await assertFits(page, 'schedules with the queue on hold, on a phone');
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Stop this run?' });
    await question.getByRole('button', { name: 'Stop the run' }).waitFor();
    assert.equal(await question.getByRole('button', { name: 'Stop and hold the queue' }).count(), 0);
  });
});
