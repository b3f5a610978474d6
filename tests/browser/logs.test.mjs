// A long log: its older lines, and what is found in the whole file.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

const LINES = 30_000;

async function withLongLog(folder) {
  await mkdir(join(folder, 'Logs'), { recursive: true });
  const line = (number) => `[2026-11-28 10:00:00] [INFO]    |L.1    | line ${number}${number % 7_000 ? '' : ' needle'}`;
  await writeFile(
    join(folder, 'Logs', 'Scriptlog.log'),
    Array.from({ length: LINES }, (_, index) => `${line(index + 1)}\n`).join(''),
  );
}

test('long lines are broken, or lead out of the window, as it was chosen', async (t) => {
  const long = `[2026-11-28 10:00:00] [ERROR]   |L.1    | ${'a long reason '.repeat(60)}end`;
  const prepare = async (folder) => {
    await mkdir(join(folder, 'Logs'), { recursive: true });
    await writeFile(
      join(folder, 'Logs', 'Scriptlog.log'),
      `${long}\n[2026-11-28 10:00:01] [INFO]    |L.1    | after it\n`,
    );
  };
  const daemon = await Daemon.start({ prepare });
  t.after(() => daemon.stop());
  await withPage(daemon, '/logs/Scriptlog.log', {}, async (page) => {
    const log = page.getByRole('log');
    const isWide = (wanted) =>
      page.waitForFunction((wide) => {
        const { scrollWidth, clientWidth } = document.querySelector('[role=log]');
        return scrollWidth > clientWidth === wide;
      }, wanted);
    await log.getByText('after it').waitFor();
    await isWide(false);
    // The next line is below the whole of it.
    await page.waitForFunction(() => {
      const [first, second] = [...document.querySelectorAll('.log-line')].map((line) => line.getBoundingClientRect());
      return first.height > 40 && second.top >= first.bottom - 1;
    });
    await page.getByRole('button', { name: 'Wrap lines' }).click();
    await isWide(true);
    await page.reload();
    await log.getByText('after it').waitFor();
    await isWide(true);
  });
});

test('all of a log can be reached, and what was searched for is not taken for it', async () => {
  const daemon = await Daemon.start({ prepare: withLongLog });
  try {
    await withPage(daemon, '/logs/Scriptlog.log', {}, async (page) => {
      const log = page.getByRole('log');
      await log.getByText(new RegExp(`line ${LINES}$`)).waitFor();
      const older = page.getByRole('button', { name: 'Load older lines' });
      const search = page.getByLabel('Search in the log');
      // One of the first lines, which are not loaded.
      await search.fill('line 7000 ');
      await page.getByText('None of the loaded lines matches. Press Enter to search the whole file.').waitFor();
      await search.fill('line 30000');
      await page.getByText('Only the loaded lines were searched').waitFor();
      await search.fill('');
      let asked = 0;
      await page.route(/Scriptlog\.log\?tail=5000/, async (route) => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 500));
        await route.continue();
      });
      await older.evaluate((button) => {
        button.click();
        button.click();
      });
      assert.equal(await page.getByRole('button', { name: 'Loading…' }).isDisabled(), true);
      await page.getByText('5,000 lines shown').waitFor();
      assert.equal(asked, 1);
      for (const shown of ['20,000', '30,000']) {
        await older.click();
        await page.getByText(`${shown} lines shown`).waitFor();
      }
      await older.waitFor({ state: 'detached' });
      await log.evaluate((element) => element.scrollTo(0, 0));
      await log.getByText(/line 1$/).waitFor();

      await search.fill('needle');
      assert.equal(await page.getByText('Only the loaded lines were searched').count(), 0, 'all are loaded');
      const found = page.waitForResponse(/[?&]q=needle/);
      await search.press('Enter');
      await found;
      await page.getByText('4 lines shown').waitFor();
      assert.equal(await log.locator('mark').count(), 4);
      // Four lines are not the log: it is there as it was, or read anew.
      await search.fill('');
      await page.getByText(/^(5|30),000 lines shown/).waitFor();
    });
  } finally {
    await daemon.stop();
  }
});

test('a log that is not there is not live', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/logs/Nope.log', { mayLogErrors: true }, async (page) => {
    await page.locator('.log-page .problem').waitFor();
    await page.waitForTimeout(1_000);
    assert.equal(await page.getByText('live', { exact: true }).count(), 0);
    await page.locator('.log-page .problem').waitFor();
  });
});
