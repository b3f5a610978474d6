// Times of a daemon in another zone than the browser.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon, withSleepingScript } from './daemon.mjs';
import { withPage } from './page.mjs';

const HERE = 'Asia/Tokyo';
process.env.TZ = 'America/New_York';
const BROWSER = { timezoneId: HERE, locale: 'en-US' };

/** The browser may have another kind of space before AM and PM. */
const plain = (text) => text.replace(/\s/g, ' ');

/** What a clock of a zone shows at an instant. */
const clock = (timeZone, at) =>
  plain(new Intl.DateTimeFormat('en-US', { timeZone, hour: 'numeric', minute: '2-digit' }).format(new Date(at)));

function assertToldHere(text, at) {
  assert.notEqual(clock(HERE, at), clock(process.env.TZ, at));
  assert.ok(plain(text).includes(clock(HERE, at)), `${text}: ${clock(HERE, at)}`);
}

test('the history is told in the zone of the browser', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await daemon.post('/api/run/testing', {});
  const read = async () => (await (await fetch(`${daemon.url}/api/runtime-history`)).json()).history;
  await withPage(daemon, '/history', BROWSER, async (page) => {
    const shown = page.getByRole('row').filter({ hasText: 'Test run' });
    await shown.first().waitFor({ timeout: 120_000 });
    const [row] = await read();
    assertToldHere(await shown.first().textContent(), row.at);
  });
});

test('the card of a run tells by the clock of the browser when it began, and how long ago that is', async (t) => {
  const options = ['--runner-kind', 'script', '--runner-command', 'sh {script}'];
  const daemon = await Daemon.start({ prepare: withSleepingScript, options });
  t.after(() => daemon.stop());
  await daemon.post('/api/run/normal', {});
  await withPage(daemon, '/', BROWSER, async (page) => {
    const card = page.getByRole('region', { name: /^Normal run/ });
    const since = card.getByText(/^since /);
    await since.waitFor();
    const { progress } = await (await fetch(`${daemon.url}/api/status`)).json();
    assertToldHere(await since.textContent(), progress.since);
    assert.match(await card.getByText(/so far$/).textContent(), /^(\d+ min )?\d+ s so far$/);
  });
});

test('exports are told in the zone of the browser', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  const file = join(daemon.folder, 'Logs', 'PlexLibexport.csv');
  for (const [key, title] of ['Heat', 'Ronin'].entries()) {
    const columns = '"Library Name";"Library Type";"title";"ratingKey";"year"';
    await writeFile(file, `${columns}\n"Movies";"movie";"${title}";"${key}";"1995"\n`);
    await daemon.post('/api/plex-export/import', {});
  }
  const { instants } = await (await fetch(`${daemon.url}/api/plex-export/runs`)).json();
  assert.equal(instants.length, 2);
  await withPage(daemon, '/exports', BROWSER, async (page) => {
    const last = page.locator('.figure').filter({ hasText: 'last read' }).locator('time');
    await last.waitFor();
    assert.equal(Date.parse(await last.getAttribute('datetime')), Date.parse(instants[0]));
    const choice = page.getByLabel('Export', { exact: true });
    await choice.waitFor();
    const [, ...named] = await choice.locator('option').allTextContents();
    assert.equal(named.length, 2);
    named.forEach((text, at) => {
      assertToldHere(text, instants[at]);
    });
  });
});
