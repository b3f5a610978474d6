// What the web UI shows of the daemon's machine: its own settings, its folders, and signing in to Plex through it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { visit, withPage } from './page.mjs';

const TOKEN = 'token-of-a-sign-in-1234';

/** plex.tv, where the user confirms after the first question, and a Plex server that takes the token. */
async function plex() {
  let asked = 0;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    const { pathname } = new URL(request.url, 'http://plex');
    if (pathname === '/api/v2/pins/7') asked += 1;
    if (pathname.startsWith('/api/v2/pins')) {
      const authToken = asked > 1 ? TOKEN : null;
      response.statusCode = request.method === 'POST' ? 201 : 200;
      response.end(JSON.stringify({ id: 7, code: 'abcd', authToken, expiresIn: 900 }));
      return;
    }
    response.statusCode = request.headers['x-plex-token'] === TOKEN ? 200 : 401;
    const libraries = [{ key: '1', type: 'movie', title: 'Films' }];
    response.end(JSON.stringify({ MediaContainer: { size: 1, Directory: libraries } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe("the daemon's machine", () => {
  let daemon;
  let server;
  let media;
  let url;
  before(async () => {
    server = await plex();
    url = `http://127.0.0.1:${server.address().port}`;
    media = await mkdtemp(join(tmpdir(), 'posterizarrd-media-'));
    await mkdir(join(media, 'movies'));
    daemon = await Daemon.start({ options: ['--providers-plex-tv-url', `${url}/api/v2`, '--trash-max-age', '2h'] });
  });
  after(async () => {
    await daemon.stop();
    server.close();
    await rm(media, { recursive: true });
  });
  const stored = async () => JSON.parse(await readFile(join(daemon.folder, 'config.json'), 'utf8'));

  test("the daemon's own settings are shown with what set them", async () => {
    await withPage(daemon, '/settings/daemon', {}, async (page) => {
      const age = page.locator('.daemon-settings > div', { hasText: 'trash.max_age' });
      await age.getByText('command line').waitFor();
      await age.getByText('set by --trash-max-age').waitFor();
      await age.getByText('Default: 30d').waitFor();
      const all = await page.locator('.daemon-settings > div').count();
      await page.getByRole('button', { name: 'Only those that are set' }).click();
      await age.waitFor();
      const set = await page.locator('.daemon-settings > div').count();
      assert.ok(set > 1 && set < all, `${set} of ${all}`);
    });
  });

  test('a folder is found, or made, on the machine', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/setup/folders', 'Setup assistant');
      const field = page.getByLabel('Finished artwork', { exact: true });
      await field.fill(media);
      await page.getByRole('button', { name: 'Choose a folder: Finished artwork' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'movies' }).click();
      await dialog.getByText(join(media, 'movies'), { exact: true }).waitFor();
      await dialog.getByLabel('Name of a new folder').fill('posters');
      await page.keyboard.press('Enter');
      const made = join(media, 'movies/posters');
      await dialog.getByText(made, { exact: true }).waitFor();
      assert.ok((await stat(made)).isDirectory());
      await dialog.getByRole('button', { name: 'Up' }).click();
      await dialog.getByRole('button', { name: 'posters' }).click();
      await dialog.getByText('writable', { exact: true }).waitFor();
      await dialog.getByRole('button', { name: 'Use this folder' }).click();
      assert.equal(await field.inputValue(), made);
    });
  });

  test('a folder of the system cannot be chosen', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/setup/folders', 'Setup assistant');
      await page.getByLabel('Your own pictures', { exact: true }).fill('/etc');
      await page.getByRole('button', { name: 'Choose a folder: Your own pictures' }).click();
      await page.getByText('belongs to the system').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Use this folder' }).isDisabled(), true);
    });
  });

  test('signing in to Plex stores the token, which the browser never gets', async () => {
    await withPage(daemon, '/', {}, async (page) => {
      await visit(page, daemon, '/setup/server', 'Setup assistant');
      const bodies = [];
      page.on('response', (response) => {
        // The stream of events has no end to wait for.
        if (response.request().resourceType() !== 'eventsource') bodies.push(response.text().catch(() => ''));
      });
      await page.getByRole('button', { name: 'Sign in with Plex' }).click();
      await page.getByText('Enter the address of your media server.').waitFor();
      await page.getByLabel('Address').fill(url);
      await page.getByRole('button', { name: 'Sign in with Plex' }).click();
      const link = page.getByRole('link', { name: 'Open Plex’s page' });
      assert.match(await link.getAttribute('href'), /^https:\/\/app\.plex\.tv\/auth#\?clientID=.+&code=abcd/);
      await page.getByText('Connected. Plex has 1 library.').waitFor();
      const { ApiPart, PlexPart } = await stored();
      assert.deepEqual([ApiPart.PlexToken, PlexPart.PlexUrl], [TOKEN, url]);
      const told = await Promise.all(bodies);
      assert.ok(told.some((body) => body.includes('signed_in')));
      assert.ok(!told.some((body) => body.includes(TOKEN)));
    });
  });
});
