// What keeps runs from working is told before somebody waits for them, on every page that plans or starts them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Home } from './home.mjs';
import { settled, withPage } from './page.mjs';

const unable = (page) => page.getByRole('region', { name: 'Runs over the library cannot work at the moment.' });

test('what the machine cannot do is one fact on all pages, until it is mended', async (t) => {
  const home = await Home.start();
  t.after(() => home.stop());
  const daemon = await Daemon.start({ options: home.options });
  t.after(() => daemon.stop());
  await home.furnish(daemon);
  await withPage(daemon, '/', {}, async (page) => {
    await page.getByText('Everything is in place.').waitFor();
    await page.getByRole('link', { name: 'Schedules', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
    await settled(page);
    assert.equal(await unable(page).count(), 0);

    const broken = await daemon.post('/api/config?mode=merge', { config: { PlexToken: 'wrong' } });
    assert.ok(broken.ok);
    for (const name of ['Schedules', 'Triggers', 'Dashboard']) {
      await page.getByRole('link', { name, exact: true }).click();
      await unable(page).getByRole('link', { name: 'Media server' }).waitFor();
    }
    await unable(page).getByRole('link', { name: 'Media server' }).click();
    await page.waitForURL('**/setup/server');
    await home.furnish(daemon);
    await page.getByRole('link', { name: 'Schedules', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
    await unable(page).waitFor({ state: 'detached' });
  });
});
