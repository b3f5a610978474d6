// Every page by the rules of accessibility: in both themes, wide and on a phone, and where colours are forced.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon, withTitles } from './daemon.mjs';
import { assertAccessible, assertFits, assertLandmarks, PAGES, visit, withPage } from './page.mjs';

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

test('all of a page is in one of its landmarks', async (t) => {
  const daemon = await Daemon.start({ prepare: withTitles });
  t.after(() => daemon.stop());
  await withPage(daemon, '/', { bypassCSP: true }, async (page) => {
    for (const path of ['/', '/library', '/settings']) {
      await visit(page, daemon, path);
      await assertLandmarks(page, path);
    }
  });
});

/** The inputs and chips of a page: by how much each edge is told from what it stands on. Runs in the page. */
function contrasts() {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let around = element.parentElement; around; around = around.parentElement) {
      const colour = rgba(getComputedStyle(around).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    throw new Error('nothing is below');
  };
  const wanted = 'input:not([type=checkbox], [type=radio], [type=range]), select, textarea, .chip';
  const seen = [...document.querySelectorAll(wanted)].filter(
    (element) => element.checkVisibility() && element.clientWidth > 1 && getComputedStyle(element).opacity !== '0',
  );
  return seen.map((element) => {
    const { borderTopColor, borderTopWidth } = getComputedStyle(element);
    const edge = rgba(borderTopColor);
    const [less, more] = [luminance(edge), luminance(ground(element))].sort((one, other) => one - other);
    const isDrawn = Number.parseFloat(borderTopWidth) > 0 && edge[3] === 255;
    return { contrast: isDrawn ? (more + 0.05) / (less + 0.05) : 1, html: element.outerHTML.slice(0, 160) };
  });
}

test('the edges of inputs and chips are seen in both themes', async (t) => {
  const daemon = await Daemon.start({ prepare: withTitles });
  t.after(() => daemon.stop());
  for (const colorScheme of THEMES) {
    await withPage(daemon, '/', { colorScheme }, async (page) => {
      const found = [];
      for (const path of [
        '/library/posters',
        '/schedules',
        '/triggers',
        '/settings/media-servers',
        '/settings/visuals',
      ]) {
        await visit(page, daemon, path, /./);
        const all = await page.evaluate(contrasts);
        assert.ok(all.length > 5, `${path}: only ${all.length} are seen`);
        const faint = all.filter(({ contrast }) => contrast < 3);
        found.push(...faint.map(({ contrast, html }) => `${path}: ${contrast.toFixed(2)}: ${html}`));
      }
      assert.deepEqual(found, [], colorScheme);
    });
  }
});

/** What can be pressed on a page, and is less than 24 px wide or tall. Links within a sentence are as tall as it. Runs in the page. */
function smallTargets() {
  const wanted = 'a[href], button, input, select, textarea, summary, [role="button"], [role="switch"]';
  const targets = [...document.querySelectorAll(wanted)].filter(
    (element) =>
      element.checkVisibility({ opacityProperty: true }) &&
      element.clientWidth !== 1 &&
      getComputedStyle(element).display !== 'inline' &&
      !element.matches('.skip, .visually-hidden'),
  );
  const size = (element) => {
    // A press on the label of an input is one on the input.
    const { width, height } = (element.closest('label') ?? element).getBoundingClientRect();
    return [width, height];
  };
  return targets
    .filter((element) => Math.min(...size(element)) < 23.9)
    .map((element) => `${size(element).map(Math.round).join(' x ')}: ${element.outerHTML.slice(0, 160)}`);
}

test('what can be pressed is large enough for a finger', async (t) => {
  const daemon = await Daemon.start({ prepare: withTitles });
  t.after(() => daemon.stop());
  await withPage(daemon, '/', { viewport: { width: 390, height: 844 } }, async (page) => {
    const found = [];
    for (const path of Object.keys(PAGES)) {
      await visit(page, daemon, path);
      const small = await page.evaluate(smallTargets);
      found.push(...small.map((one) => `${path}: ${one}`));
    }
    assert.deepEqual(found, []);
  });
});
