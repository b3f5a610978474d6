// The page as an app: it can be installed, and says where the daemon cannot be reached; nothing of the daemon's is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

test('it can be installed, and an installed page tells where the daemon is away', async (t) => {
  const daemon = await Daemon.start();
  t.after(() => daemon.stop());
  await withPage(daemon, '/', { locale: 'de-DE', mayLogErrors: true }, async (page) => {
    const link = await page.locator('link[rel=manifest]').evaluate((element) => element.href);
    const manifest = await (await fetch(link)).json();
    assert.equal(new URL(manifest.start_url, link).href, `${daemon.url}/`);
    for (const { src, sizes } of manifest.icons) {
      const size = await page.evaluate(async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
      }, new URL(src, link).href);
      assert.equal(size, sizes);
    }

    await page.getByRole('heading', { level: 1, name: 'Übersicht' }).waitFor();
    await page.waitForFunction(async () => navigator.serviceWorker.controller && (await caches.match('offline.html')));
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const caught = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return caught.flat().map(({ url }) => new URL(url).pathname);
    });
    assert.deepEqual(kept, ['/offline.html'], 'nothing else is kept');

    await daemon.kill();
    await page.goto(`${daemon.url}/library`);
    await page.getByRole('heading', { name: 'Der Dienst ist nicht erreichbar' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
    await daemon.again();
    await page.getByRole('link', { name: 'Erneut versuchen' }).click();
    await page.getByRole('heading', { level: 1, name: 'Bibliothek' }).waitFor();
  });
});
