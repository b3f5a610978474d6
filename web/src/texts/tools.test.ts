import { expect, test } from 'vitest';
import { inlineTexts } from '../../tools/inline.mjs';
import { mistakes } from '../../tools/texts.mjs';

test('a text that a language lacks, or leaves open elsewhere, is a mistake', () => {
  const source = { 'a.one': 'One', 'a.two': 'Two {name}', 'a.three': '<link>three</link>', 'a.four': 'Four' };
  const texts = { 'a.two': 'Zwei {nme}', 'a.three': 'drei', 'a.four': '{n, plural, one {vier', 'a.five': 'Fünf' };
  expect(mistakes('de', source, texts)).toEqual([
    'de: a.one is missing',
    'de: a.two has (nme) where the original has (name)',
    'de: a.three has () where the original has (<link>)',
    expect.stringMatching(/^de: a\.four: /),
    'de: a.five is in no other language',
  ]);
  expect(mistakes('en', source, source)).toEqual([]);
});

const FOUND: [code: string, text: string][] = [
  ['<p>Nothing here</p>', 'Nothing here'],
  ['<p>von</p>', 'von'],
  ['<input aria-label="Search" />', 'Search'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code that is read
  ['toast(`Deleted ${count} pictures`)', 'Deleted … pictures'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code that is read
  ['toast(`${count} pictures`)', '… pictures'],
  ["const name = { title: 'Season poster' }", 'Season poster'],
  ["const NAME = t('nav.run')", "t('nav.run') is called before the language is known"],
];

test.each(FOUND)('%s has a text that is not in the catalogue', (code, text) => {
  expect(inlineTexts('x.tsx', code).map((one) => one.text)).toEqual([text]);
});

const FINE = [
  'const Shown = () => <p class="muted small-text">{t("nav.run")} · {count}</p>',
  '<b>Plex</b>',
  "if (event.key === 'Escape') close()",
  "console.warn('could not be loaded', cause)",
  "const name = () => t('nav.run')",
  "/** Of a record: names, not texts. */ const FIELDS = ['Title']",
  "import { t } from './The texts'",
];

test.each(FINE)('%s is nothing to translate', (code) => {
  expect(inlineTexts('x.tsx', code)).toEqual([]);
});
