/**
 * Compiles the catalogues of texts: ICU messages in JSON become functions, and their keys and values become types.
 * `node tools/texts.mjs` writes the types, `node tools/texts.mjs check` tells every mistake.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import MessageFormat from '@messageformat/core';
import compileModule from '@messageformat/core/compile-module.js';
import { parse } from '@messageformat/parser';

const SOURCES = join(import.meta.dirname, '../src');
const TYPES = join(import.meta.dirname, '../types/texts.d.ts');
const PAGES = join(SOURCES, 'texts');
const SETTINGS = join(SOURCES, 'pages/settings/texts');
const REASONS = join(SOURCES, 'reasons');

/**
 * @typedef {object} Catalogue
 * @property {string} source The language that decides which texts there are, and what they leave open.
 * @property {() => string[]} languages
 * @property {(language: string) => string[]} files
 * @property {(language: string) => Record<string, string>} read
 */

/** @satisfies {Record<string, Catalogue>} */
export const CATALOGUES = {
  /** The texts of all pages, each under the name of its file and its own: `about.title`. */
  texts: {
    source: 'en',
    languages: () =>
      readdirSync(PAGES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])),
    files: (language) =>
      readdirSync(join(PAGES, language))
        .sort()
        .map((file) => join(PAGES, language, file)),
    /** @param {string} language */
    read(language) {
      const pages = this.files(language).map((file) =>
        Object.entries(json(file)).map(([name, text]) => [`${basename(file, '.json')}.${name}`, text]),
      );
      return Object.fromEntries(pages.flat());
    },
  },
  /** What settings are called. */
  'setting-texts': told(SETTINGS),
  /** Why something is as it is, by the daemon's codes. */
  'reason-texts': told(REASONS),
};

/**
 * Texts that the daemon itself tells in English: a file for each other language.
 * @param {string} folder
 * @returns {Catalogue}
 */
function told(folder) {
  return {
    source: 'de',
    languages: () =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .map((file) => basename(file, '.json')),
    files: (language) => [join(folder, `${language}.json`)],
    read: (language) => json(join(folder, `${language}.json`)),
  };
}

/** @type {(file: string) => Record<string, string>} */
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** `<link>here</link>`, or `<time/>`. */
const TAG = /<([a-z]+)(?:\/|>[^<]*<\/\1)>/g;

/** @typedef {{ values: Map<string, 'string | number' | 'number' | 'string'>, tags: Set<string> }} Holes What a text leaves open. */

/**
 * A module with a function for each text of a language.
 * @param {Catalogue} catalogue
 * @param {string} language
 */
export function compiled(catalogue, language) {
  // What is not translated yet is seen in English while others work on it; `npm run check` does not let it pass.
  const meanwhile = catalogue.source === 'en' ? catalogue.read('en') : {};
  return compileModule(new MessageFormat(language, { strict: true }), { ...meanwhile, ...catalogue.read(language) });
}

/**
 * @param {string} text
 * @returns {Holes}
 */
export function holes(text) {
  /** @type {Holes} */
  const found = { values: new Map(), tags: new Set() };
  for (const [, tag] of text.matchAll(TAG)) if (tag) found.tags.add(tag);
  const look = (/** @type {import('@messageformat/parser').Token[]} */ tokens) => {
    for (const token of tokens) {
      if (token.type === 'argument') {
        if (!found.values.has(token.arg)) found.values.set(token.arg, 'string | number');
      } else if (token.type === 'function') found.values.set(token.arg, 'number');
      else if (token.type === 'plural' || token.type === 'select' || token.type === 'selectordinal') {
        found.values.set(token.arg, token.type === 'select' ? 'string' : 'number');
        for (const one of token.cases) look(one.tokens);
      }
    }
  };
  look(parse(text, { strict: true }));
  return found;
}

/** @param {string} text */
function shape(text) {
  const { values, tags } = holes(text);
  return [...[...values.keys()].sort(), ...[...tags].sort().map((tag) => `<${tag}>`)].join(', ');
}

/**
 * What is wrong with the texts of a language.
 * @param {string} language
 * @param {Record<string, string>} source
 * @param {Record<string, string>} texts
 */
export function mistakes(language, source, texts) {
  const wrong = [];
  for (const key of Object.keys(source)) if (!(key in texts)) wrong.push(`${language}: ${key} is missing`);
  for (const [key, text] of Object.entries(texts)) {
    const original = source[key];
    if (original === undefined) {
      wrong.push(`${language}: ${key} is in no other language`);
      continue;
    }
    try {
      new MessageFormat(language, { strict: true }).compile(text);
      if (shape(text) !== shape(original)) {
        wrong.push(`${language}: ${key} has (${shape(text)}) where the original has (${shape(original)})`);
      }
    } catch (error) {
      wrong.push(`${language}: ${key}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return wrong;
}

/**
 * The keys and what their texts leave open, as TypeScript.
 * @param {Record<string, string>} source
 */
function types(source) {
  /** @type {string[]} */
  const plain = [];
  /** @type {string[]} */
  const rich = [];
  for (const [key, text] of Object.entries(source)) {
    const { values, tags } = holes(text);
    const fields = [...values].map(([name, type]) => `${name}: ${type}`).join('; ');
    const open = fields ? `{ ${fields} }` : 'undefined';
    if (tags.size === 0) plain.push(`  '${key}': ${open};`);
    else rich.push(`  '${key}': { values: ${open}; tags: ${[...tags].map((tag) => `'${tag}'`).join(' | ')} };`);
  }
  return `// Written by tools/texts.mjs.
export interface Texts {
${plain.join('\n')}
}
export interface RichTexts {
${rich.join('\n')}
}
`;
}

function check() {
  const wrong = Object.values(CATALOGUES).flatMap((of) => {
    const original = of.read(of.source);
    return of.languages().flatMap((language) => mistakes(language, original, of.read(language)));
  });
  for (const one of wrong) console.error(one);
  if (wrong.length > 0) process.exit(1);
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv[2] === 'check') check();
  else writeFileSync(TYPES, types(CATALOGUES.texts.read('en')));
}
