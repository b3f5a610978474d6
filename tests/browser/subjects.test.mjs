// Jobs, webhooks and runs are called by what they are about, and not by the names of files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

const DARK = {
  eventType: 'Download',
  series: { title: 'Dark', tvdbId: 334824, path: '/media/shows/Dark (2017)' },
  episodes: [{ seasonNumber: 1, episodeNumber: 2 }],
};

test('a webhook is called by its title in the queue, among the received, on the dashboard, in the history', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/triggers', {}, async (page) => {
    await page.getByText('Nothing has arrived yet').waitFor();
    const { job_ids } = await (await daemon.post('/api/webhook/arr', DARK)).json();
    const title = 'Dark, S01E02';
    const queue = page.getByRole('region', { name: 'Queue', exact: true });
    await queue.getByText(title, { exact: true }).waitFor();
    assert.equal(await page.getByText(/\.posterizarr/).count(), 0, 'no names of files');
    await queue.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByText(title).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Received' }).getByText(title, { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByRole('listitem').filter({ hasText: title }).nth(1).waitFor();

    // There is no media server: its run fails at once.
    await daemon.post(`/api/triggers/${job_ids[0]}/retry`, {});
    await page.getByRole('link', { name: 'History' }).click();
    const row = page.getByRole('row').filter({ hasText: title });
    await row.first().getByRole('button', { name: 'Details' }).click({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Open the run' }).last().click();
    await page.getByRole('heading', { level: 2, name: `Sonarr/Radarr trigger: ${title}` }).waitFor();
  });
});
