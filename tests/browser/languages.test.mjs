// The page in the reader's language: the browser's, or the one that was chosen; and nothing of another one in between.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Daemon, withChoices } from './daemon.mjs';
import { Home } from './home.mjs';
import { assertAccessible, PAGES, settled, withPage } from './page.mjs';

const TEXTS = new URL('../../web/src/texts/', import.meta.url);

/** All texts of a language, as `about.title`. */
function texts(language) {
  const files = readdirSync(new URL(`${language}/`, TEXTS));
  const pages = files.map((file) => {
    const page = JSON.parse(readFileSync(new URL(`${language}/${file}`, TEXTS), 'utf8'));
    return Object.entries(page).map(([name, text]) => [`${file.replace('.json', '')}.${name}`, text]);
  });
  return Object.fromEntries(pages.flat());
}

const en = texts('en');
const de = texts('de');

/** A show of the library, and a level of the log. */
const DATA = ['Dark', 'error'];

/** English sentences that German has other words for, everywhere. */
function foreign(settings) {
  const german = new Set([...Object.values(de), ...DATA]);
  const pages = Object.keys(en).filter((key) => en[key] !== de[key] && !/[{<]/.test(en[key]));
  const told = Object.values(settings.properties).flatMap(({ title, description }) => [title, description]);
  return new Set([...pages.map((key) => en[key]), ...told].filter((text) => text && !german.has(text)));
}

/** What somebody sees or is read. */
function readable() {
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    // What programs are called, and what they say, is data; help says by its language that it is in English.
    if (!walker.currentNode.parentElement.closest('code, pre, [role=log], style, script, main [lang=en]')) {
      seen.push(walker.currentNode.data.trim());
    }
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) seen.push(element.getAttribute(name) ?? '');
  }
  return seen.filter(Boolean);
}

const GERMAN = { locale: 'de-DE' };

describe('a German reader', () => {
  let daemon;
  let english;
  before(async () => {
    daemon = await Daemon.start({ prepare: withChoices });
    english = foreign(await (await fetch(`${daemon.url}/api/config/schema`)).json());
    await daemon.post('/api/scheduler/schedule', { time: '04:30', days: ['mon'] });
    await daemon.post('/api/webhook/arr', { eventType: 'Test', instanceName: 'Radarr' });
  });
  after(() => daemon.stop());

  test('finds no English on any page', async () => {
    await withPage(daemon, '/', GERMAN, async (page) => {
      await page.getByRole('heading', { level: 1, name: de['nav.dashboard'] }).waitFor();
      const left = [];
      for (const path of [...Object.keys(PAGES), ...(await settingsTabs(page)), '/runs/abc', '/nowhere']) {
        await page.goto(daemon.url + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await settled(page);
        assert.equal(await page.locator('html').getAttribute('lang'), 'de', path);
        for (const text of await page.evaluate(readable)) if (english.has(text)) left.push(`${path}: ${text}`);
      }
      assert.deepEqual(left, []);
    });
  });

  test('reads days, times and numbers as Germans write them', async () => {
    await withPage(daemon, '/schedules', GERMAN, async (page) => {
      await page.getByRole('button', { name: 'Mo', exact: true }).waitFor();
      await page.getByText('Mo', { exact: true }).last().waitFor();
      await page.getByText('Zeitpläne sind aus, daher startet keiner von diesen einen Lauf.').waitFor();
      await page.getByRole('button', { name: 'Einschalten' }).click();
      await page
        .getByText(/^Mo., \d+\. \S+, 4:30/)
        .first()
        .waitFor();
    });
  });

  test('is told in German why something is refused', async () => {
    await withPage(daemon, '/triggers', { ...GERMAN, mayLogErrors: true }, async (page) => {
      await page.route('**/api/auth/keys', (route) =>
        route.request().method() === 'POST'
          ? route.fulfill({ status: 503, json: { code: 'storage_unavailable', message: 'the disk is full' } })
          : route.continue(),
      );
      await page.getByLabel(de['keys.new_for']).fill('Sonarr');
      await page.getByRole('button', { name: de['keys.make'] }).click();
      await page.getByText(de['refusal.storage_unavailable']).waitFor();
    });
  });

  test('is told in German what a run lacks, and what to do about it', async () => {
    await withPage(daemon, '/run', GERMAN, async (page) => {
      const steps = page.getByRole('region', { name: de['steps.title'] });
      await steps.getByText(de['finding.server_not_set']).waitFor();
      await steps.getByText(de['mend.server_not_set']).waitFor();
      await steps.getByText(de['mend.tmdb_no_key']).waitFor();
    });
    const entry = { time: '25:00', description: '' };
    const odd = { time: '03:00', description: '', frequency: 'interval', interval_unit: 'moons' };
    await daemon.post('/api/scheduler/config', { schedules: [entry, odd] });
    await withPage(daemon, '/schedules', { ...GERMAN, mayLogErrors: true }, async (page) => {
      await page.getByText('„25:00“ ist keine Uhrzeit').first().waitFor();
      await page
        .getByText('Der Wert „moons“ von interval_unit ist unverständlich; möglich sind hours')
        .first()
        .waitFor();
      await page.getByLabel(de['schedules.when']).selectOption(de['schedules.cron']);
      await page.getByLabel(de['schedules.cron'], { exact: true }).last().fill('bald');
      await page.getByText('Der Cron-Ausdruck „bald“ ist ungültig').waitFor();
    });
  });

  test('is told in German why a webhook was refused', async () => {
    await daemon.post('/api/webhook/arr', { eventType: 'Download', instanceName: 'Radarr' });
    await withPage(daemon, '/triggers', GERMAN, async (page) => {
      await page.getByText('Dem Ereignis Download fehlt „movie“ (Radarr) oder „series“ (Sonarr)').waitFor();
    });
  });

  test('is told in German what is wrong with settings', async () => {
    const german = { ...GERMAN, mayLogErrors: true };
    await withPage(daemon, '/settings?key=PosterOverlayPart.minPointSize', german, async (page) => {
      const setting = page.locator('[data-setting="PosterMinPointSize"]');
      await setting.getByRole('textbox').fill('abc');
      await page.locator('.save-bar').getByRole('button').last().click();
      await page.getByRole('dialog').getByRole('button', { name: de['common.save'], exact: true }).click();
      await setting.getByText('muss eine ganze Zahl von').waitFor();
      await page
        .getByRole('alert')
        .getByText(/: muss eine ganze Zahl von/)
        .waitFor();
    });
    await withPage(daemon, '/settings/daemon', german, async (page) => {
      const setting = page.locator('[data-setting="trash.max_age"]');
      await setting.getByRole('textbox').fill('bald');
      await page.locator('.save-bar').getByRole('button').last().click();
      await setting.getByText('„bald“ ist keine Zeitspanne').waitFor();
    });
  });

  test('has accessible pages', async () => {
    await withPage(daemon, '/', { ...GERMAN, bypassCSP: true }, async (page) => {
      for (const path of ['/', '/settings', '/library']) {
        await page.goto(daemon.url + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await settled(page);
        await assertAccessible(page, path);
      }
    });
  });

  test('may be one whose browser speaks English: the language is chosen, and kept', async () => {
    await withPage(daemon, '/settings', { locale: 'en-US' }, async (page) => {
      await page.getByLabel('Search the settings').fill('PosterMinWidth');
      await page.getByLabel('Poster Min Width').fill('1234');
      await page.getByLabel('Language', { exact: true }).selectOption('Deutsch');
      // What was begun goes on.
      assert.equal(await page.getByLabel('Mindestbreite für Poster').inputValue(), '1234');
      await page.getByText('1 ungespeicherte Änderung').waitFor();
      await page.getByRole('button', { name: 'Verwerfen' }).click();
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Einstellungen' }).waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), 'de');
      assert.equal(await page.title(), 'Einstellungen · posterizarrd');
    });
  });

  test('loads German and no other language', async (t) => {
    // One with nothing to give a reason for: those come later, and only where they are needed.
    const fresh = await Daemon.start();
    t.after(() => fresh.stop());
    const loaded = [];
    await withPage(fresh, '/', GERMAN, async (page) => {
      page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
      await page.goto(fresh.url);
      await page.getByRole('heading', { level: 1 }).waitFor();
    });
    const languages = loaded.map((path) => /\/assets\/(de|en|es|fr|it|pt)-[\w-]+\.js$/.exec(path)?.[1]).filter(Boolean);
    assert.deepEqual(languages, ['de']);
  });
});

test('a German reader is told in German why a picture was chosen, and why a run failed', async (t) => {
  const home = await Home.start();
  t.after(() => home.stop());
  const daemon = await Daemon.start({ options: home.options });
  t.after(() => daemon.stop());
  // Without a media server no run can work.
  await daemon.post('/api/run/normal', {});
  await withPage(daemon, '/runs/1', GERMAN, async (page) => {
    await page.getByText(/^Letzte Zeilen im Protokoll: /).waitFor();
  });
  await home.furnish(daemon);
  await daemon.post('/api/run/normal?dry_run=true', {});
  await withPage(daemon, '/runs/2', GERMAN, async (page) => {
    const plan = page.getByRole('region', { name: de['asset.plan'] });
    const row = (title) => plan.getByRole('row').filter({ hasText: title }).first();
    await row('Heat').getByText('Das beste Bild ohne Text von TMDB, dem bevorzugten Anbieter').waitFor();
    await row('Collateral').getByText('Kein Anbieter hat ein Bild, das erlaubt ist').waitFor();
    assert.equal(await plan.locator('[lang=en]').count(), 0, 'nothing is left in English');
  });
  await withPage(daemon, '/settings?key=ApiPart.tmdbtoken', GERMAN, async (page) => {
    await page.getByRole('button', { name: de['settings.try'].replace('{service}', 'TMDB') }).click();
    await page.getByText('Der Schlüssel von TMDB funktioniert').waitFor();
  });
});

/** The addresses of all tabs of the settings. */
async function settingsTabs(page) {
  await page.goto(new URL('/settings', page.url()).href);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await settled(page);
  const links = page.getByRole('navigation', { name: de['settings.tabs'] }).getByRole('link');
  return links.evaluateAll((all) => all.map((link) => new URL(link.href).pathname));
}
