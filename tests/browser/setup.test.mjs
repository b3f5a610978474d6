// The setup assistant, from an empty data folder to posters on disk and on the media server.
import assert from 'node:assert/strict';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Home } from './home.mjs';
import { assertAccessible, assertFits, settled, withPage } from './page.mjs';

/** What a newcomer may be asked for. */
const MOST_PRESSES = 25;
const MOST_SECONDS = 180;

/** What is read on the way, in each language. */
const READERS = {
  en: {
    locale: 'en-GB',
    steps: {
      server: 'Media server',
      keys: 'Artwork providers',
      skipped: ['Folders', 'Language and favourite provider', 'Look', 'Login', 'Schedule', 'Webhooks'],
      run: 'First run',
    },
    address: 'Address',
    token: 'Token',
    connected: 'Connected. Plex has 2 libraries.',
    tmdb: 'TMDB read access token',
    done: 'completed',
  },
  de: {
    locale: 'de-DE',
    steps: {
      server: 'Medienserver',
      keys: 'Anbieter für Artwork',
      skipped: ['Ordner', 'Sprache und bevorzugter Anbieter', 'Aussehen', 'Anmeldung', 'Zeitplan', 'Webhooks'],
      run: 'Erster Lauf',
    },
    address: 'Adresse',
    token: 'Token',
    connected: 'Verbunden. Plex hat 2 Bibliotheken.',
    tmdb: 'TMDB-Lesezugriffs-Token',
    done: 'abgeschlossen',
  },
};

/** Hands that know only keys; a text that is typed or pasted counts as one press. */
class Hands {
  presses = 0;

  constructor(page) {
    this.page = page;
  }

  async press(...keys) {
    for (const key of keys) {
      this.presses += 1;
      await this.page.keyboard.press(key);
    }
  }

  async type(text) {
    this.presses += 1;
    await this.page.keyboard.insertText(text);
  }

  /** Presses Tab until an element has the focus. */
  async to(wanted) {
    await wanted.waitFor();
    for (let tries = 0; tries < 20; tries += 1) {
      await this.press('Tab');
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
    }
    assert.fail(`not reached by Tab: ${wanted}`);
  }
}

/** Waits for a step, whose heading gets the focus. */
async function arrived(page, name) {
  const heading = page.getByRole('heading', { level: 2, name, exact: true });
  await heading.waitFor();
  await page.waitForFunction((text) => document.activeElement?.textContent === text, name);
}

for (const [language, reader] of Object.entries(READERS)) {
  test(`from nothing to posters on disk and on the server, by keyboard alone (${language})`, async (t) => {
    const home = await Home.start();
    t.after(() => home.stop());
    const daemon = await Daemon.start({ options: home.options });
    t.after(() => daemon.stop());
    await home.draw(daemon);
    const begin = performance.now();
    await withPage(daemon, '/', { newcomer: true, locale: reader.locale }, async (page) => {
      const hands = new Hands(page);
      const field = (name) => page.getByLabel(name, { exact: true });
      await arrived(page, reader.steps.server);
      await hands.to(field(reader.address));
      await hands.type(home.url);
      await hands.to(field(reader.token));
      await hands.type('token');
      await hands.press('Enter');
      await page.getByText(reader.connected).waitFor();
      await hands.press('Enter');

      await arrived(page, reader.steps.keys);
      await hands.to(field(reader.tmdb));
      await hands.type('a.read.token');
      await hands.press('Enter');
      for (const step of reader.steps.skipped) {
        await arrived(page, step);
        await hands.press('Tab', 'Enter');
      }

      await arrived(page, reader.steps.run);
      await hands.press('Tab', 'Enter');
      await page.getByText(reader.done, { exact: true }).waitFor({ timeout: MOST_SECONDS * 1000 });

      for (const movie of ['Heat (1995)', 'Ronin (1996)']) {
        const { size } = await stat(join(daemon.folder, 'assets', 'Movies', movie, 'poster.jpg'));
        const title = movie.slice(0, -' (1995)'.length);
        assert.equal(home.posters.get(title), size, `${title} is on the server as it is on disk`);
      }
      const seconds = (performance.now() - begin) / 1000;
      t.diagnostic(`${hands.presses} presses, ${seconds.toFixed(1)} s`);
      assert.ok(hands.presses <= MOST_PRESSES, `${hands.presses} presses`);
      assert.ok(seconds <= MOST_SECONDS, `${seconds} s`);
    });
  });
}

describe('the setup assistant', () => {
  let home;
  let daemon;
  before(async () => {
    home = await Home.start();
  });
  beforeEach(async () => {
    await daemon?.stop();
    daemon = await Daemon.start({ options: home.options });
    await home.draw(daemon);
  });
  after(async () => {
    await daemon.stop();
    await home.stop();
  });

  const stored = async () => (await (await fetch(`${daemon.url}/api/config`)).json()).config;
  const proceed = (page) => page.getByRole('button', { name: 'Save and continue' }).click();

  test('opens by itself once, and is found again on the dashboard and in the settings', async () => {
    await withPage(daemon, '/', { newcomer: true }, async (page) => {
      await arrived(page, 'Media server');
      await page.getByRole('link', { name: 'Leave the assistant' }).click();
      const steps = page.getByRole('region', { name: 'First steps' });
      await steps.getByText('things to do').waitFor();
      await settled(page);
      assert.equal(new URL(page.url()).pathname, '/');
      await steps.getByRole('link', { name: 'Setup assistant' }).click();
      await arrived(page, 'Media server');
      await page.getByRole('link', { name: 'Settings', exact: true }).click();
      await page.getByRole('link', { name: 'Setup assistant' }).click();
      await arrived(page, 'Media server');
    });
  });

  test('tells what is wrong at the field, which gets the focus, and keeps what was typed', async () => {
    await withPage(daemon, '/setup/server', {}, async (page) => {
      const [address, token] = ['Address', 'Token'].map((name) => page.getByLabel(name, { exact: true }));
      const wrong = async (input, text) => {
        await page.getByText(text).waitFor();
        await page.waitForFunction((element) => element === document.activeElement, await input.elementHandle());
        assert.equal(await input.getAttribute('aria-invalid'), 'true');
        const described = (await input.getAttribute('aria-describedby')).split(' ')[0];
        assert.match(await page.locator(`[id="${described}"]`).textContent(), new RegExp(text.source ?? text));
      };
      await arrived(page, 'Media server');
      const connect = page.getByRole('button', { name: 'Connect' });
      await connect.click();
      await wrong(address, 'Enter the address of your media server.');
      await address.fill(home.url);
      await connect.click();
      await wrong(token, 'Enter the token or key.');
      await token.fill('another');
      await connect.click();
      await wrong(token, 'The server refuses this key.');
      assert.equal(await token.inputValue(), 'another');
      assert.notEqual((await stored()).PlexUrl, home.url, 'nothing is kept that does not work');
      await address.fill('http://127.0.0.1:9');
      await connect.click();
      await wrong(address, /nothing listens at 127\.0\.0\.1:9/);
    });
  });

  test('libraries without a tick are left out', async () => {
    await withPage(daemon, '/setup/server', {}, async (page) => {
      await page.getByLabel('Address', { exact: true }).fill(home.url);
      await page.getByLabel('Token', { exact: true }).fill('token');
      await page.getByRole('button', { name: 'Connect' }).click();
      const libraries = page.getByRole('group', { name: 'Included libraries' });
      assert.equal(await libraries.getByLabel('Movies').isChecked(), true);
      await libraries.getByLabel('Shows').uncheck();
      await proceed(page);
      await arrived(page, 'Artwork providers');
      const { PlexLibstoExclude, UsePlex, PlexUpload } = await stored();
      assert.ok(PlexLibstoExclude.includes('Shows') && !PlexLibstoExclude.includes('Movies'));
      assert.ok(PlexLibstoExclude.includes('Youtube'), 'what was left out before still is');
      assert.deepEqual([UsePlex, PlexUpload], ['true', 'true']);
    });
  });

  test('goes on where it was left, and every step does what it says', async () => {
    await home.furnish(daemon);
    // Between the new login and signing in with it, what the page asks for by itself may be refused.
    await withPage(daemon, '/setup', { mayLogErrors: true }, async (page) => {
      // Server, keys and folders are done.
      await arrived(page, 'Language and favourite provider');
      await page.getByText('3 of 9 done').waitFor();
      await page.getByLabel('Fanart.tv').check();
      await page.getByLabel('Language of the others').selectOption('German');
      await proceed(page);

      await arrived(page, 'Look');
      await page.waitForFunction(() => document.querySelectorAll('.sample img').length === 4, undefined, {
        timeout: 60_000,
      });
      await page.getByLabel('Without a border').check();
      await page.getByLabel('Backgrounds').check();
      await proceed(page);
      await arrived(page, 'Login');
      const now = await stored();
      assert.equal(now.FavProvider, 'fanart');
      assert.deepEqual(now.PreferredLanguageOrder, ['xx', 'de', 'en']);
      assert.deepEqual([now.PosterAddBorder, now.PosterAddText, now.BackgroundPosters], ['false', 'true', 'true']);

      await page.getByLabel('User name').fill('ada');
      await page.getByLabel('Password', { exact: true }).fill('short');
      await proceed(page);
      await page.locator('.problem', { hasText: 'At least 8 characters.' }).waitFor();
      await page.getByLabel('Password', { exact: true }).fill('a long password');
      await page.getByLabel('Password again').fill('another password');
      await proceed(page);
      await page.getByText('The two passwords differ.').waitFor();
      await page.getByLabel('Password again').fill('a long password');
      await proceed(page);
      await arrived(page, 'Schedule');
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      assert.equal((await fetch(`${daemon.url}/api/config`)).status, 401, 'the login is needed now');

      await page.getByLabel('Every day at').fill('04:15');
      await proceed(page);
      await arrived(page, 'Webhooks');
      const timetable = await page.evaluate(() => fetch('/api/scheduler/status').then((answer) => answer.json()));
      assert.equal(timetable.enabled, true);
      assert.deepEqual(
        timetable.schedules.map(({ time }) => time),
        ['04:15'],
      );
      await page.getByRole('button', { name: 'Send a test' }).click();
      await page.getByText('The test arrived.').waitFor();
      await page.getByText(/^Last received: .*Test,/).waitFor();
      await proceed(page);

      await arrived(page, 'First run');
      await page.getByText('8 of 9 done').waitFor();
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByRole('heading', { level: 1, name: 'Run 1' }).waitFor();
    });
  });

  test('folders that cannot be used are told at the field', async () => {
    // A browser logs each refusal.
    await withPage(daemon, '/setup/folders', { mayLogErrors: true }, async (page) => {
      const assets = page.getByLabel('Finished artwork');
      await page.getByText(`Artwork is kept in ${daemon.folder}/assets`).waitFor();
      await assets.fill('/');
      await proceed(page);
      await page.waitForFunction((element) => element === document.activeElement, await assets.elementHandle());
      assert.equal(await assets.getAttribute('aria-invalid'), 'true');
      const [nowhere, artwork] = ['nowhere', 'artwork'].map((name) => join(daemon.folder, name));
      await mkdir(artwork);
      await assets.fill(nowhere);
      await proceed(page);
      await page.getByText(`The folder ${nowhere} does not exist`).waitFor();
      await assets.fill(artwork);
      await proceed(page);
      await arrived(page, 'Language and favourite provider');
      assert.equal((await stored()).AssetPath, artwork);
    });
  });

  test('every step fits and is accessible, wide and narrow', async () => {
    const steps = ['server', 'keys', 'folders', 'languages', 'look', 'login', 'schedule', 'webhooks', 'run'];
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ]) {
      await withPage(daemon, '/', { viewport: { width, height: 844 }, colorScheme, bypassCSP: true }, async (page) => {
        for (const step of steps) {
          await page.goto(`${daemon.url}/setup/${step}`);
          await page.locator('#setup-heading').waitFor();
          await settled(page);
          await assertFits(page, `/setup/${step} at ${width}`);
          await assertAccessible(page, `/setup/${step} (${colorScheme})`);
        }
      });
    }
  });
});
