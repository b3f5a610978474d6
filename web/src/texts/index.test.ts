import { beforeEach, expect, test, vi } from 'vitest';
import { begin, choose, type Key, LANGUAGES, type Language, language, locale, rich, t, word } from './index';

function browserSpeaks(...tags: string[]) {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(tags);
}

beforeEach(async () => {
  localStorage.clear();
  browserSpeaks('en-GB');
  await choose('en');
});

test.each([
  [['de-AT', 'en'], 'de', 'de-AT'],
  [['ja', 'pt-BR'], 'pt', 'pt-BR'],
  [['ja'], 'en', 'en-GB'],
  [['en-US', 'fr'], 'en', 'en-US'],
] as const)('a browser that speaks %j is shown %s', async (spoken, shown, written) => {
  vi.resetModules();
  localStorage.clear();
  browserSpeaks(...spoken);
  const fresh = await import('./index');
  await fresh.begin();
  expect([fresh.language(), fresh.locale()]).toEqual([shown, written]);
  expect(document.documentElement.lang).toBe(shown);
});

test('what was chosen here goes before what the browser speaks', async () => {
  await choose('it');
  expect([language(), locale(), t('nav.library')]).toEqual(['it', 'it', 'Libreria']);
  browserSpeaks('fr');
  await begin();
  expect(language()).toBe('it');
  expect(localStorage.getItem('posterizarrd.language')).toBe('"it"');
});

test('numbers choose their form, and are written as the language does', async () => {
  expect([1, 2000].map((n) => t('common.pictures', { n }))).toEqual(['1 picture', '2,000 pictures']);
  await choose('de');
  expect([1, 2000].map((n) => t('common.pictures', { n }))).toEqual(['1 Bild', '2.000 Bilder']);
});

test('a noun below its number has the form of the number', async () => {
  const nouns = () => [0, 1, 2].map((n) => [t('history.figure_runs', { n }), t('exports.figure_titles', { n })].join());
  expect(nouns()).toEqual(['runs,titles', 'run,title', 'runs,titles']);
  await choose('fr');
  expect(nouns()).toEqual(['exécution,titre', 'exécution,titre', 'exécutions,titres']);
});

test('elements stand where the sentence has them', () => {
  const told = rich('frame.no_such_page', { link: (inside) => `[${inside}]` });
  expect([told].flat().join('')).toBe('There is no page at this address. [Go to the dashboard.]');
  expect([rich('keys.used', { time: () => 'today' })].flat().join('')).toBe('used today');
});

test('a word that has no text stands for itself', () => {
  expect([word('mode', 'backup'), word('mode', 'new_one'), word('mode', 'new_one', 'told')]).toEqual([
    'Backup',
    'new_one',
    'told',
  ]);
});

test('every language has its texts', async () => {
  const key: Key = 'nav.settings';
  const names = new Set<string>();
  for (const one of Object.keys(LANGUAGES) as Language[]) {
    await choose(one);
    names.add(t(key));
  }
  expect(names.size).toBe(Object.keys(LANGUAGES).length);
});
