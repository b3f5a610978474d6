// What real installations have and nobody thinks of: unknown settings, endless titles, files that are not what they say.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { assertFits, settled, withPage } from './page.mjs';

test('settings that nobody knows are edited as what they are and keep their type', async () => {
  const config = {
    ApiPart: {
      SourceOrder: ['TMDB', 'TVDB', 'Fanart', 'Plex'],
      LibraryOddities: { Filme: { PreferredLanguageOrder: ['de', 'en'] } },
      OverrideSourceOrder: false,
      OddJobs: 4,
      SomeOddText: 'Specials',
      TraktApiKey: 'a secret of mine',
    },
  };
  const prepare = (folder) => writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const daemon = await Daemon.start({ prepare });
  try {
    await withPage(daemon, '/settings/others', { mayLogErrors: true }, async (page) => {
      await page.getByText('Some Odd Text').waitFor();
      const overrides = page.getByLabel('Library Oddities');
      const save = async () => {
        await page.getByRole('button', { name: /^Save \d+ change/ }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      };
      await page.getByRole('button', { name: 'Move Plex up' }).click();
      await page.getByRole('switch', { name: 'Override Source Order' }).check();
      await page.getByLabel('Odd Jobs').fill('8');
      await overrides.fill('{"Filme": {"PreferredLanguageOrder": ["fr"]}}');
      assert.equal(await page.getByLabel('Trakt Api Key', { exact: true }).inputValue(), '');
      await save();
      await page.getByText('4 settings saved').waitFor();
      const { ApiPart } = JSON.parse(await readFile(join(daemon.folder, 'config.json'), 'utf8'));
      assert.deepEqual(ApiPart, {
        ...config.ApiPart,
        SourceOrder: ['TMDB', 'TVDB', 'Plex', 'Fanart'],
        LibraryOddities: { Filme: { PreferredLanguageOrder: ['fr'] } },
        OverrideSourceOrder: true,
        OddJobs: 8,
      });
      await overrides.fill('x');
      await page.getByText('This is not an object').waitFor();
      await save();
      await page
        .getByText(/must remain an object/)
        .first()
        .waitFor();
    });
  } finally {
    await daemon.stop();
  }
});

const LONG = 'Donaudampfschifffahrt'.repeat(20);
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

async function withOddLibrary(folder) {
  const assets = join(folder, 'assets');
  const put = async (name, content) => {
    const title = typeof name === 'string' ? join(assets, 'Movies', name) : name;
    await mkdir(title, { recursive: true });
    const file =
      typeof title === 'string' ? join(title, 'poster.jpg') : Buffer.concat([title, Buffer.from('/poster.jpg')]);
    await writeFile(file, content);
  };
  await put(`${LONG.slice(0, 240)}`, Buffer.from(PIXEL, 'base64'));
  await put('Page (2001)', '<html>no picture</html>');
  // A GIF is nothing that thumbnails are made of, and yet something that browsers show.
  await put('Moving (2002)', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'));
  await put(Buffer.concat([Buffer.from(join(assets, 'Movies/M')), Buffer.from([0xfc]), Buffer.from('nchen')]), 'x');
  const columns = 'Title;Type;Rootfolder;LibraryName;Language;Fallback;TextTruncated;Download Source;Manual';
  const row = `${LONG};Movie;${LONG.slice(0, 240)};Movies;de;true;true;https://image.tmdb.org/a.jpg;false`;
  await mkdir(join(folder, 'Logs'), { recursive: true });
  await writeFile(join(folder, 'Logs', 'ImageChoices.csv'), `${columns}\n${row}\n`);
  await writeFile(join(folder, 'config.json'), JSON.stringify({ PrerequisitePart: { AssetPath: assets } }));
}

test('endless titles wrap, files that are no pictures have a placeholder, and unreadable names are told', async () => {
  const daemon = await Daemon.start({ prepare: withOddLibrary });
  try {
    for (const width of [1280, 390]) {
      await withPage(daemon, '/actions', { viewport: { width, height: 844 }, mayLogErrors: true }, async (page) => {
        await page.getByText(LONG).first().waitFor();
        await assertFits(page, '/actions');
        for (const path of ['/', '/library/posters', '/library/folders', '/library/folders/Movies', '/exports']) {
          await page.goto(daemon.url + path);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await settled(page);
          await assertFits(page, path);
        }
        await page.goto(`${daemon.url}/library/posters`);
        await page.getByText(/1 file or folder is left out/).waitFor();
        const tile = (name) => page.getByRole('button', { name });
        await tile('Page (2001), Poster').locator('.no-picture').waitFor();
        const image = tile('Moving (2002), Poster').locator('img');
        await image.evaluate((element) => element.decode());
        assert.equal(await image.evaluate((element) => element.naturalWidth), 1, 'the browser shows the file itself');
        await tile('Page (2001), Poster').click();
        await page.getByRole('dialog').getByText('cannot be shown as a picture').waitFor();
        await page.keyboard.press('Escape');
        await tile(/^Donau/).click();
        await page.getByRole('dialog').waitFor();
        await assertFits(page, 'the viewer');
      });
    }
  } finally {
    await daemon.stop();
  }
});
