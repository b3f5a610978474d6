// Every page by the rules of accessibility: in both themes, wide and on a phone, and where colours are forced.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon, withTitles } from './daemon.mjs';
import { assertAccessible, assertFits, PAGES, visit, withPage } from './page.mjs';

const WIDTHS = [1440, 390];
const THEMES = ['dark', 'light'];
const FORCED = ['none', 'active'];

test('every page is accessible in every theme, wide and narrow, and with forced colours', async (t) => {
  const daemon = await Daemon.start({ prepare: withTitles });
  t.after(() => daemon.stop());
  const started = await daemon.post('/api/run/testing', {});
  const { run_id: run } = await started.json();
  await daemon.post('/api/webhook/arr', { eventType: 'Download', movie: { title: 'Heat', year: 1995, tmdbId: 949 } });
  const pages = {
    ...PAGES,
    '/library/title/TV/Dark%20(2017)': 'Dark (2017)',
    '/library/posters?picture=1': 'Library',
    [`/runs/${run}`]: `Run ${run}`,
  };
  await withPage(daemon, `/runs/${run}`, { bypassCSP: true }, async (page) => {
    await page.getByText('completed', { exact: true }).waitFor({ timeout: 60_000 });
    for (const [path, title] of Object.entries(pages)) {
      await page.setViewportSize({ width: WIDTHS[0], height: 844 });
      await visit(page, daemon, path, title);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        await assertFits(page, `${path} at ${width}`);
        for (const colorScheme of THEMES) {
          for (const forcedColors of FORCED) {
            await page.emulateMedia({ colorScheme, forcedColors });
            await assertAccessible(page, `${path} (${width} px, ${colorScheme}, forced colours ${forcedColors})`);
          }
        }
      }
    }
    assert.ok(Object.keys(pages).length > 20);
  });
});
