// Takes a picture of every page of a running daemon, wide and narrow, dark and light:
//
//     node tests/browser/screenshots.mjs http://127.0.0.1:8000 OUT_DIR [page …]
import { mkdir } from 'node:fs/promises';
import { experienced, launch } from './browser.mjs';

const [url, out, ...only] = process.argv.slice(2);
if (!url || !out) throw new Error('usage: screenshots.mjs URL OUT_DIR [page …]');

const PAGES = {
  dashboard: '/',
  titles: '/library/titles',
  run: '/run',
  library: '/library/posters',
  titlecards: '/library/titlecards',
  manual: '/library/manual',
  folders: '/library/folders',
  trash: '/library/trash',
  actions: '/actions',
  schedules: '/schedules',
  triggers: '/triggers',
  history: '/history',
  logs: '/logs',
  exports: '/exports',
  settings: '/settings',
  setup: '/setup/server',
  setuplook: '/setup/look',
  daemon: '/settings/daemon',
  visuals: '/settings/visuals',
  servers: '/settings/media-servers',
  files: '/settings/files',
  backups: '/settings/backups',
  help: '/help',
  article: '/help/look',
  about: '/about',
};
const SIZES = {
  vast: { width: 2560, height: 1440 },
  wide: { width: 1440, height: 900 },
  narrow: { width: 390, height: 844 },
};

/** Runs in the page: nothing is on its way any more that is seen. */
function shown() {
  const inView = (image) => {
    const { top, left } = image.getBoundingClientRect();
    return top < innerHeight && left < innerWidth;
  };
  const waiting = [...document.querySelectorAll('.sample-waiting')].some((box) => box.textContent.endsWith('…'));
  return (
    !waiting &&
    !document.querySelector('.loading, [aria-busy="true"], .log:not(:has(.log-line))') &&
    [...document.images].every((image) => !inView(image) || (image.complete && image.naturalWidth > 0))
  );
}

await mkdir(out, { recursive: true });
const browser = await launch();
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['dark', 'light']) {
    const context = await browser.newContext({ viewport, colorScheme });
    await experienced(context);
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && console.log(`${page.url()}: ${message.text()}`));
    page.on('pageerror', (error) => console.log(`${page.url()}: ${error}`));
    for (const [name, path] of Object.entries(PAGES)) {
      if (only.length && !only.includes(name)) continue;
      await page.goto(url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      // What never comes is seen on the picture.
      await page
        .waitForFunction(shown)
        .catch(() => console.log(`${name}, ${size}, ${colorScheme}: something is still on its way`));
      await page.screenshot({ path: `${out}/${name}-${size}-${colorScheme}.png`, fullPage: true });
    }
    await context.close();
  }
}
await browser.close();
