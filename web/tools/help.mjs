/**
 * Makes the help of the web UI from `docs/`: each page that the table of its README names, as a module with its HTML.
 * `node tools/help.mjs` writes the addresses that links of the web UI may lead to as a type, so that none leads nowhere.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Marked } from 'marked';

export const DOCS = join(import.meta.dirname, '../../docs');
const TYPES = join(import.meta.dirname, '../types/help.d.ts');

/** @typedef {{ group: string, slug: string, title: string, about: string }} Entry */

/** @param {string} slug */
export const fileOf = (slug) => join(DOCS, `${slug}.md`);

/** @param {string} slug */
const read = (slug) => readFileSync(fileOf(slug), 'utf8');

/**
 * The pages, in the order of the README, below its headings.
 * @param {string} [readme]
 * @returns {Entry[]}
 */
export function entries(readme = read('README')) {
  let group = '';
  return new Marked().lexer(readme).flatMap((token) => {
    if (token.type === 'heading') group = token.text;
    if (token.type !== 'table') return [];
    return token.rows.map((/** @type {{ text: string }[]} */ [page, about]) => {
      const [, title, slug] = /^\[(.+)\]\(([\w-]+)\.md\)$/.exec(page?.text ?? '') ?? [];
      if (!title || !slug) throw new Error(`docs/README.md: "${page?.text}" is no link to a page`);
      return { group, slug, title, about: about?.text ?? '' };
    });
  });
}

/**
 * The id of a heading, as code hosts make it.
 * @param {string} heading
 */
export function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** @typedef {{ title: string, html: string, pictures: string[], anchors: string[] }} Made */

/** Stands in the HTML where the address of a picture belongs, which only the bundler knows. */
export const PICTURE = /\0(\d+)\0/g;

/**
 * @param {string} markdown
 * @param {string} own The slug of the page.
 * @param {ReadonlySet<string>} slugs The pages that links may lead to.
 * @returns {Made}
 */
export function made(markdown, own, slugs) {
  /** @type {Made} */
  const page = { title: '', html: '', pictures: [], anchors: [] };
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const inside = this.parser.parseInline(tokens);
        if (depth === 1) {
          page.title = text;
          return '';
        }
        const anchor = anchorOf(text.replaceAll('`', ''));
        page.anchors.push(anchor);
        return `<h${depth} id="${anchor}" tabindex="-1">${inside}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const inside = this.parser.parseInline(tokens);
        if (/^https?:/.test(href)) return `<a href="${href}" target="_blank" rel="noreferrer">${inside}</a>`;
        const [, slug, anchor = ''] = /^([\w-]*)(?:\.md)?(#.*)?$/.exec(href) ?? [];
        // The rest of the repository is not served.
        if (slug === undefined || (slug && !slugs.has(slug))) return inside;
        return `<a data-help href="help/${slug || own}${anchor}">${inside}</a>`;
      },
      image({ href, text }) {
        page.pictures.push(href);
        return `<img src="\0${page.pictures.length - 1}\0" alt="${escaped(text)}" loading="lazy">`;
      },
      table(token) {
        const row = (/** @type {import('marked').Tokens.TableCell[]} */ cells) =>
          `<tr>${cells.map((cell) => this.tablecell(cell)).join('')}</tr>`;
        const body = token.rows.map(row).join('\n');
        // Tables that are wider than the page are moved within their place, also by keyboard.
        return `<div class="table-wrap" tabindex="0" role="group"><table><thead>${row(token.header)}</thead><tbody>${body}</tbody></table></div>\n`;
      },
      code({ text }) {
        return `<pre tabindex="0"><code>${escaped(text)}</code></pre>\n`;
      },
      // Comments for whoever writes the pages; anything else would be a mistake.
      html({ text }) {
        if (!/^\s*<!--[\s\S]*-->\s*$/.test(text)) throw new Error(`HTML in docs/: ${text}`);
        return '';
      },
    },
  });
  page.html = /** @type {string} */ (marked.parse(markdown, { async: false }));
  return page;
}

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const slugsOf = () => new Set(entries().map(({ slug }) => slug));

/** @param {string} slug */
export function pageOf(slug) {
  return made(read(slug), slug, slugsOf());
}

/**
 * A page as a module, which imports its pictures.
 * @param {string} slug
 */
export function pageModule(slug) {
  const { title, html, pictures } = pageOf(slug);
  const imports = pictures.map((picture, index) => `import p${index} from ${JSON.stringify(join(DOCS, picture))};`);
  const parts = html.split(PICTURE).map((part, index) => (index % 2 === 0 ? JSON.stringify(part) : `p${part}`));
  return `${imports.join('\n')}\nexport default { title: ${JSON.stringify(title)}, html: ${parts.join(' + ')} };\n`;
}

/** The pages by their slugs, each loaded when it is read. */
export function indexModule() {
  const all = entries();
  const loaders = all.map(({ slug }) => `${JSON.stringify(slug)}: () => import('virtual:help/${slug}')`);
  return `export const entries = ${JSON.stringify(all)};\nexport const pages = {${loaders.join(', ')}};\n`;
}

function types() {
  const targets = entries().flatMap(({ slug }) => {
    if (!existsSync(fileOf(slug))) throw new Error(`docs/README.md names ${slug}.md, which is not there`);
    return [slug, ...pageOf(slug).anchors.map((anchor) => `${slug}#${anchor}`)];
  });
  return `// Written by tools/help.mjs.
/** Where a link to the help may lead. */
export type HelpTarget =
${targets.map((target) => `  | '${target}'`).join('\n')};
`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(TYPES, types());
