// The page of a run that is on: how far it is, what it prints, and the way to end it.
import assert from 'node:assert/strict';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon, withSleepingScript } from './daemon.mjs';
import { drawn, withPage } from './page.mjs';

test('the page of a run that is on follows it, and ends it', async (t) => {
  const options = ['--runner-kind', 'script', '--runner-command', 'sh {script}'];
  const daemon = await Daemon.start({ prepare: withSleepingScript, options });
  t.after(() => daemon.stop());
  await mkdir(join(daemon.folder, 'Logs'), { recursive: true });
  const print = (from, to) => {
    const lines = Array.from({ length: to - from }, (_, at) => {
      const second = String((from + at) % 60).padStart(2, '0');
      return `[2026-11-28 12:00:${second}] [INFO]    |L.1     | line ${from + at}.\n`;
    });
    return appendFile(join(daemon.folder, 'Logs', 'Scriptlog.log'), lines.join(''));
  };
  await withPage(daemon, '/', {}, async (page) => {
    const started = await (await daemon.post('/api/run/normal', {})).json();
    await page.getByRole('link', { name: 'Details' }).click();
    await page.getByRole('heading', { level: 1, name: `Run ${started.run_id}` }).waitFor();
    await page.getByRole('progressbar', { name: 'Progress of the run' }).waitFor();
    const log = page.getByRole('log');
    await print(0, 100);
    await log.getByText('line 99.').waitFor();
    await print(100, 200);
    await log.getByText('line 199.').waitFor();
    // Who scrolls up reads on undisturbed, until they are back at the end.
    await log.evaluate((box) => {
      box.scrollTop = 0;
    });
    await log.getByText('line 0.').waitFor();
    await print(200, 300);
    const height = (lines) =>
      page.waitForFunction((least) => document.querySelector('.log').scrollHeight >= least, lines * 20);
    await height(300);
    await log.getByText('line 0.').waitFor();
    await log.evaluate((box) => {
      box.scrollTop = box.scrollHeight;
    });
    await log.getByText('line 299.').waitFor();
    await print(300, 400);
    await log.getByText('line 399.').waitFor();

    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Stop the run' }).click();
    await page.getByText('stopped', { exact: true }).waitFor();
    await page.getByRole('progressbar', { name: 'Progress of the run' }).waitFor({ state: 'detached' });
  });
});

test('that a run was killed is told once, and not as good news', async (t) => {
  const options = ['--runner-kind', 'script', '--runner-command', 'sh {script}'];
  const daemon = await Daemon.start({ prepare: withSleepingScript, options });
  t.after(() => daemon.stop());
  await daemon.post('/api/run/normal', {});
  await withPage(daemon, '/run', {}, async (page) => {
    const button = page.locator('.card button').filter({ hasText: /^Kill$/ });
    await button.click();
    const question = page.getByRole('dialog', { name: 'Kill this run?' });
    await question.waitFor();
    assert.equal(await button.count(), 1, 'nothing is said to happen before the answer');
    const asked = page.waitForResponse('**/api/force-kill');
    await question.getByRole('button', { name: 'Kill the run' }).click();
    await (await asked).finished();
    const toasts = page.locator('.toast');
    await toasts.filter({ hasText: 'Normal run: killed' }).waitFor();
    await button.waitFor({ state: 'detached' });
    await drawn(page);
    assert.deepEqual(await toasts.locator('> span').allTextContents(), ['Normal run: killed']);
    assert.equal(await page.locator('.toast.tone-good').count(), 0);
  });
});
