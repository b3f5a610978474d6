// Times of a daemon in another zone than the browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

const HERE = 'Asia/Tokyo';
process.env.TZ = 'America/New_York';

test('the history is told in the zone of the browser', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await daemon.post('/api/run/testing', {});
  let row;
  const read = async () => (await (await fetch(`${daemon.url}/api/runtime-history`)).json()).history;
  await withPage(daemon, '/history', { timezoneId: HERE, locale: 'en-US' }, async (page) => {
    const shown = page.getByRole('row').filter({ hasText: 'Test run' });
    await shown.first().waitFor({ timeout: 120_000 });
    [row] = await read();
    const clock = (timeZone) =>
      new Intl.DateTimeFormat('en-US', { timeZone, hour: 'numeric', minute: '2-digit' }).format(new Date(row.at));
    assert.notEqual(clock(HERE), clock(process.env.TZ));
    // The browser may have another kind of space before AM and PM.
    const text = (await shown.first().textContent()).replace(/\s/g, ' ');
    assert.ok(text.includes(clock(HERE).replace(/\s/g, ' ')), `${text}: ${clock(HERE)}`);
  });
});
