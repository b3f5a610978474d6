// A picture of one's own: what was entered is kept until the picture is there.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { withPage } from './page.mjs';

const PICTURE = { kind: 'poster', title: 'A picture' };

test('a manual run is warned of, keeps what was entered when it fails, and clears it when it is done', async (t) => {
  const daemon = await Daemon.start({
    prepare: async (folder) => {
      const AssetPath = join(folder, 'not', 'there');
      await writeFile(join(folder, 'config.json'), JSON.stringify({ PrerequisitePart: { AssetPath } }));
    },
  });
  t.after(() => daemon.stop());
  const picture = join(daemon.folder, 'mine.jpg');
  const drawn = await daemon.post('/api/preview', PICTURE);
  await writeFile(picture, Buffer.from(await drawn.arrayBuffer()));
  await writeFile(join(daemon.folder, 'not'), 'a file where a folder should be');
  await withPage(daemon, '/run', {}, async (page) => {
    const form = page.locator('form.manual');
    await form.getByText('not/there does not exist').waitFor();
    await form.getByRole('link', { name: 'Folders' }).waitFor();
    await form.locator('input[type=file]').setInputFiles(picture);
    await form.getByLabel('Library').fill('Movies');
    await form.getByLabel('Folder').fill('Ronin (1998)');
    // It has its title already: no text is asked for.
    await form.getByRole('button', { name: 'Make this picture' }).click();
    const outcome = form.getByRole('status');
    await outcome.getByText('Manual run: failed').waitFor({ timeout: 60_000 });
    assert.doesNotMatch(await outcome.textContent(), /ERROR-HERE|\|L\./, 'in words, not as the log has it');
    assert.match(await outcome.textContent(), /not\/there/);
    await outcome.getByRole('link', { name: 'Open the run' }).waitFor();
    assert.equal(await form.getByLabel('Folder').inputValue(), 'Ronin (1998)');
    await form.getByText('mine.jpg').waitFor();

    await rm(join(daemon.folder, 'not'));
    await mkdir(join(daemon.folder, 'not', 'there'), { recursive: true });
    await form.getByRole('button', { name: 'Make this picture' }).click();
    await outcome.getByText('Manual run: completed').waitFor({ timeout: 60_000 });
    assert.equal(await form.getByLabel('Folder').inputValue(), '');
    assert.equal(await form.getByText('mine.jpg').count(), 0);
    await outcome.getByRole('link', { name: 'See it' }).click();
    await page.getByRole('heading', { level: 1, name: 'Ronin (1998)' }).waitFor();
  });
});
