import { expect, test } from 'vitest';
import { anchorOf, entries, made, pageOf } from '../../../tools/help.mjs';

const slugs = new Set(['words', 'backup']);

test('links lead to pages of the help, and to nothing that is not served', () => {
  const { html } = made(
    '[a](words.md#xx) [b](#here) [c](../README.md#settings) [d](https://example.org/)',
    'backup',
    slugs,
  );
  expect(html).toContain('<a data-help href="help/words#xx">a</a>');
  expect(html).toContain('<a data-help href="help/backup#here">b</a>');
  expect(html).toContain(' c ');
  expect(html).toContain('<a href="https://example.org/" target="_blank" rel="noreferrer">d</a>');
});

test('a page has its title, and a place for each heading', () => {
  const { title, html, anchors } = made('# The *title*\n\n## `WebUI`, and more\n\n### b', 'words', slugs);
  expect(title).toBe('The *title*');
  expect(anchors).toEqual(['webui-and-more', 'b']);
  expect(html).toContain('<h2 id="webui-and-more" tabindex="-1"><code>WebUI</code>, and more</h2>');
  expect(html).not.toContain('<h1');
});

test('what stands in code stays as it is, and HTML is refused', () => {
  expect(made('```sh\na <b> & "c"\n```', 'words', slugs).html).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
  expect(made('<!-- told -->', 'words', slugs).html).toBe('');
  expect(() => made('<b onclick="x">y</b>', 'words', slugs)).toThrow('HTML in docs/');
});

test('the list of pages is that of the README, below its headings', () => {
  const readme = '# D\n\n## Using it\n\n| page | what for |\n|---|---|\n| [Words](words.md) | what they mean |\n';
  expect(entries(readme)).toEqual([{ group: 'Using it', slug: 'words', title: 'Words', about: 'what they mean' }]);
  expect(() => entries(readme.replace('words.md', 'https://example.org'))).toThrow('is no link to a page');
});

test('every link between the pages leads to a heading that is there', () => {
  const pages = new Map(entries().map(({ slug }) => [slug, pageOf(slug)]));
  const links = [...pages.values()].flatMap(({ html }) => [
    ...html.matchAll(/data-help href="help\/([\w-]+)#([^"]+)"/g),
  ]);
  expect(links.length).toBeGreaterThan(5);
  const broken = links.filter(([, slug, anchor]) => !pages.get(slug ?? '')?.anchors.includes(anchor ?? ''));
  expect(broken.map(([link]) => link)).toEqual([]);
});

test('anchors are as code hosts make them', () => {
  expect(anchorOf('Pictures that give nothing away, badges')).toBe('pictures-that-give-nothing-away-badges');
});
