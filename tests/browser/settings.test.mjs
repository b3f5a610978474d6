// Settings that need a media server: secrets that are only written, and libraries chosen among those it has.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

const KEY = '0123456789abcdef0123456789abcdef';
const LIBRARIES = [
  { Name: 'Films', CollectionType: 'movies', ItemId: '1' },
  { Name: 'Kids', CollectionType: 'movies', ItemId: '2' },
];

describe('a daemon with a Jellyfin server', () => {
  let server;
  let daemon;
  let askedWith;
  before(async () => {
    server = createServer((request, response) => {
      askedWith = request.headers.authorization;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(LIBRARIES));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const config = {
      ApiPart: { JellyfinAPIKey: KEY },
      JellyfinPart: {
        UseJellyfin: 'true',
        JellyfinUrl: `http://127.0.0.1:${server.address().port}`,
        LibstoExclude: ['Gone'],
      },
    };
    const prepare = (folder) => writeFile(join(folder, 'config.json'), JSON.stringify(config));
    daemon = await Daemon.start({ prepare });
  });
  after(async () => {
    await daemon.stop();
    server.close();
  });

  const stored = async () => JSON.parse(await readFile(join(daemon.folder, 'config.json'), 'utf8'));

  test('its libraries are asked for with the stored key, which the browser never gets', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      const bodies = [];
      page.on('response', (response) => {
        // The stream of events has no end to wait for.
        if (response.request().resourceType() !== 'eventsource') bodies.push(response.text().catch(() => ''));
      });
      await page.reload();
      await page.getByLabel('Search the settings').fill('Jellyfin');
      const key = page.getByLabel('Jellyfin API Key', { exact: true });
      await key.waitFor();
      assert.equal(await key.inputValue(), '');
      assert.equal(await key.getAttribute('placeholder'), 'Set; type to replace it');
      await page.getByLabel('Gone').waitFor();
      await page.getByRole('button', { name: 'Read the libraries from Jellyfin' }).click();
      await page.getByLabel(/Kids/).check();
      assert.equal(askedWith, `MediaBrowser Token="${KEY}"`);
      await page.getByLabel('Gone').uncheck();
      await page.getByRole('button', { name: 'Save 1 change' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await page.getByText('1 setting saved').waitFor();
      const { JellyfinPart, ApiPart } = await stored();
      assert.deepEqual(JellyfinPart.LibstoExclude, ['Kids']);
      assert.equal(ApiPart.JellyfinAPIKey, KEY);
      for (const body of await Promise.all(bodies)) assert.ok(!body.includes(KEY), 'a secret came to the browser');
    });
  });

  test('what cannot be saved is named, and its input is in view and has the focus', async () => {
    // The browser itself logs the refused request.
    await withPage(daemon, '/settings', { mayLogErrors: true }, async (page) => {
      await page.getByLabel('Search the settings').fill('PosterMinWidth');
      await page.getByLabel('Poster Min Width').fill('abc');
      await page.getByLabel('Search the settings').fill('');
      await page.getByRole('link', { name: 'Languages' }).click();
      await page.getByRole('button', { name: 'Save 1 change' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      const refusal = page.getByRole('alert').filter({ hasText: 'Nothing was saved' });
      await refusal.getByRole('link', { name: 'Poster Min Width' }).waitFor();
      await page.waitForFunction(() => document.activeElement?.closest('[data-setting="PosterMinWidth"]'));
      const input = page.getByLabel('Poster Min Width');
      assert.equal(await input.getAttribute('aria-invalid'), 'true');
      const described = (await input.getAttribute('aria-describedby')).split(' ')[0];
      assert.match(await page.locator(`[id="${described}"]`).textContent(), /whole number/);
      await page.getByRole('button', { name: 'Discard' }).click();
      await refusal.waitFor({ state: 'detached' });
    });
  });

  test('whatever is refused again comes into view again, also a list', async () => {
    await withPage(daemon, '/settings?key=PosterMinWidth', { mayLogErrors: true }, async (page) => {
      const save = async () => {
        await page.getByRole('button', { name: /^Save \d change/ }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
        await page.getByRole('alert').filter({ hasText: 'Nothing was saved' }).waitFor();
      };
      const focusIn = (key) =>
        page.waitForFunction((name) => document.activeElement?.closest(`[data-setting="${name}"]`), key);
      const width = page.getByLabel('Poster Min Width');
      for (const text of ['abc', 'def']) {
        await width.fill(text);
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        await save();
        await focusIn('PosterMinWidth');
      }
      await page.getByRole('button', { name: 'Discard' }).click();

      // What the field lets through, and the daemon does not.
      await page.route('**/api/config?mode=merge', (route) => {
        const detail = [
          { loc: ['body', 'config', 'PreferredLanguageOrder'], msg: 'must be another list' },
          { loc: ['body', 'config', 'LibraryLanguageOverrides'], msg: 'must be another object' },
        ];
        return route.fulfill({ status: 422, json: { detail, message: 'no' } });
      });
      await page.goto(`${daemon.url}/settings?key=PreferredLanguageOrder`);
      const list = page.locator('[data-setting="PreferredLanguageOrder"]');
      await list.getByRole('button', { name: 'Remove xx' }).click();
      await save();
      await focusIn('PreferredLanguageOrder');
      const told = async (input) => {
        assert.equal(await input.getAttribute('aria-invalid'), 'true');
        const [first] = (await input.getAttribute('aria-describedby')).split(' ');
        return page.locator(`[id="${first}"]`).textContent();
      };
      assert.equal(await page.evaluate(() => document.activeElement?.ariaInvalid), 'true');
      assert.match(await told(list.getByLabel(/^Add to/)), /another list/);
      const json = page.locator('[data-setting="LibraryLanguageOverrides"] textarea');
      assert.match(await told(json), /another object/);
    });
  });

  test('Save is at hand wherever a long page of settings is looked at', async () => {
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ]) {
      await withPage(daemon, '/settings/overlays', { viewport: { width, height } }, async (page) => {
        const last = page.locator('.setting input[type=text]').last();
        await last.fill('1');
        await last.scrollIntoViewIfNeeded();
        const save = page.getByRole('button', { name: 'Save 1 change' });
        const { y, height: tall } = await save.boundingBox();
        assert.ok(y > 0 && y + tall < height, `Save is at ${y} px in a window of ${height} px`);
        const isOnTop = await save.evaluate((button) => {
          const { left, top, width, height } = button.getBoundingClientRect();
          return button.contains(document.elementFromPoint(left + width / 2, top + height / 2));
        });
        assert.ok(isOnTop, `the menu hides Save at ${width} px`);
      });
    }
  });

  test('on a wide window the sample stays in view, and shows what is edited', async () => {
    await withPage(daemon, '/settings/overlays', { viewport: { width: 1280, height: 900 } }, async (page) => {
      const look = page.getByRole('region', { name: 'Sample' });
      await look.waitFor();
      const card = page.getByRole('region', { name: 'Title Card Episode Text' });
      await card.locator('input[type=text]').last().click();
      await page.waitForFunction(() => scrollY > 1000);
      assert.equal(await look.getByRole('combobox').inputValue(), 'titlecard');
      const { y, height } = await look.boundingBox();
      assert.ok(y >= 0 && y + height <= 900, `the sample is at ${y} px, ${height} px tall`);
      const beside = await card.boundingBox();
      const { x } = await look.boundingBox();
      assert.ok(beside.x + beside.width <= x, 'beside the settings');
    });
  });

  test('on a phone other pages have a sign of what is not saved', async () => {
    await withPage(daemon, '/settings?key=PosterMinWidth', { viewport: { width: 390, height: 844 } }, async (page) => {
      await page.getByLabel('Poster Min Width').fill('1234');
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
      await page.locator('.more .unsaved .badge').waitFor();
      await page.getByRole('button', { name: /More.*1 unsaved/ }).waitFor();
    });
  });

  test('a section that is not there is told', async () => {
    await withPage(daemon, '/settings/nope', {}, async (page) => {
      await page.getByText('There is no section “nope”').waitFor();
    });
  });

  test('a secret is replaced and removed without being seen', async () => {
    await withPage(daemon, '/settings', {}, async (page) => {
      await page.getByLabel('Search the settings').fill('JellyfinAPIKey');
      const key = page.getByLabel('Jellyfin API Key', { exact: true });
      const save = async () => {
        await page.getByRole('button', { name: 'Save 1 change' }).click();
        const review = page.getByRole('dialog');
        assert.ok(!(await review.textContent()).includes('fedcba'));
        await review.getByRole('button', { name: 'Save' }).click();
        await review.waitFor({ state: 'detached' });
      };
      await key.fill('fedcba9876543210');
      await save();
      await page.getByPlaceholder('Set; type to replace it').waitFor();
      assert.equal((await stored()).ApiPart.JellyfinAPIKey, 'fedcba9876543210');
      await page.getByRole('button', { name: 'Remove: Jellyfin API Key' }).click();
      await page.getByPlaceholder('Will be removed').waitFor();
      await save();
      await page.getByPlaceholder('Not set').waitFor();
      assert.equal((await stored()).ApiPart.JellyfinAPIKey, '');
    });
  });
});

test('a font that is not there is called missing, also where there is no file at all', async (t) => {
  const config = { PrerequisitePart: { font: 'Mine.ttf', overlayfile: 'mine.png' } };
  const prepare = (folder) => writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const daemon = await Daemon.start({ prepare });
  t.after(() => daemon.stop());
  const { files } = await (await fetch(`${daemon.url}/api/overlayfiles`)).json();
  assert.deepEqual(files, []);
  await withPage(daemon, '/settings/visuals', {}, async (page) => {
    const named = (key, name) =>
      page.locator(`[data-setting="${key}"] option`).getByText(name, { exact: true }).waitFor({ state: 'attached' });
    await named('font', 'Mine.ttf (missing)');
    await named('overlayfile', 'mine.png (missing)');
    await writeFile(join(daemon.folder, 'Overlayfiles', 'Mine.ttf'), 'a font');
    await page.reload();
    await named('font', 'Mine.ttf');
    await named('overlayfile', 'mine.png (missing)');
  });
});

describe('a daemon without a login', () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start();
  });
  after(() => daemon.stop());

  test('a new password is written twice, and who sets it stays signed in', async () => {
    // What the page asks for before it has signed in is refused, which the browser logs.
    await withPage(daemon, '/settings/webui', { mayLogErrors: true }, async (page) => {
      const save = page.getByRole('button', { name: /^Save \d change/ });
      const refusal = page.getByRole('alert').filter({ hasText: 'Nothing was saved' });
      const field = page.locator('[data-setting="basicAuthPassword"]');
      await page.getByRole('switch', { name: 'Enable Basic Authentication' }).check();
      await field.locator('input').first().fill('short');
      await save.click();
      await refusal.getByText('At least 8 characters').waitFor();
      await field.locator('input').first().fill('long enough');
      await page.getByLabel('Password again').fill('long enough but not so');
      await save.click();
      await refusal.getByText('The two passwords differ.').waitFor();
      await page.getByLabel('Password again').fill('long enough');
      await save.click();
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await page.getByText('The login is on, and you are signed in.').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    });
  });
});
