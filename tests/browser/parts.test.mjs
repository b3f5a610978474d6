// Pages whose code cannot be loaded, and pages below the path of a proxy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon, withPoster } from './daemon.mjs';
import { withPage } from './page.mjs';
import { proxy } from './proxy.mjs';

const mayLogErrors = true;
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const menu = (page, name) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });

test('a page that is first visited while the daemon is away says so and is shown when it is back', async () => {
  const daemon = await Daemon.start();
  await withPage(daemon, '/', { mayLogErrors }, async (page) => {
    await page.getByText('Nothing is running').waitFor();
    await menu(page, 'Run').click();
    await heading(page, 'Run');
    await daemon.kill();
    await menu(page, 'About').click();
    await page.getByRole('alert').getByText('could not be loaded').waitFor();
    await heading(page, 'About');
    // Pages that were visited before can still be looked at.
    await menu(page, 'Run').click();
    await heading(page, 'Run');
    await menu(page, 'About').click();
    await page.getByRole('alert').getByText('could not be loaded').waitFor();
    await daemon.again();
    await page
      .getByRole('heading', { name: 'This daemon' })
      .or(page.getByText('Licences'))
      .first()
      .waitFor({ timeout: 60_000 });
    assert.equal(await page.getByText('could not be loaded').count(), 0);
  });
  await daemon.stop();
});

test('where the code of a page is gone, the window reloads once, then asks; the menu works on', async () => {
  const daemon = await Daemon.start();
  let gone = true;
  const between = await proxy(daemon, { missing: (path) => gone && /\/assets\/About-.*\.js$/.test(path) });
  try {
    await withPage(between, '/', { mayLogErrors }, async (page) => {
      await page.getByText('Nothing is running').waitFor();
      let loads = 0;
      page.on('load', () => {
        loads += 1;
      });
      await menu(page, 'About').click();
      const problem = page.getByRole('alert').getByText('could not be loaded');
      await page.waitForFunction(() => sessionStorage.getItem('reloaded-for'));
      await page.waitForLoadState('load');
      await problem.waitFor();
      await menu(page, 'Run').click();
      await heading(page, 'Run');
      await menu(page, 'About').click();
      await problem.waitFor();
      assert.equal(loads, 1, 'it does not reload again and again');
      gone = false;
      await page.getByRole('button', { name: 'Reload' }).click();
      await problem.waitFor({ state: 'detached' });
      await heading(page, 'About');
    });
  } finally {
    await between.close();
    await daemon.stop();
  }
});

test('below the path of a proxy that takes it away, everything is found without a setting', async () => {
  const daemon = await Daemon.start({ prepare: withPoster });
  const between = await proxy(daemon, { strip: '/posters' });
  try {
    await withPage(between, '/library/posters', {}, async (page) => {
      await page.getByRole('button', { name: 'Heat (1995), Poster' }).waitFor();
      await menu(page, 'Logs').click();
      await page.getByText('live', { exact: true }).waitFor();
      assert.equal(new URL(page.url()).pathname, '/posters/logs');
      await page.reload();
      await heading(page, 'Logs');
      await page.goto(`${between.url}/`);
      await page.getByText('Nothing is running').waitFor();
    });
  } finally {
    await between.close();
    await daemon.stop();
  }
});
