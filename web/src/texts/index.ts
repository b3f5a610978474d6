/**
 * The texts of this page in the language of its reader.
 *
 * A text is added to `en/<page>.json`, with the same key to each other language, and is shown by `t('<page>.<key>')` while
 * something is drawn: then a change of the language draws it anew. Texts are whole sentences as ICU messages: `{name}` is a value,
 * `{n, plural, one {# run} other {# runs}}` counts (`#` is the number), `{n, number}` is a number. What stands in a text as an element of its own is a tag,
 * and such a text is shown by `rich`: `Open <link>the library</link>.`, `Last read <time/>.`
 *
 * A key that is missing, here or in any language, and a value that is left out fail `npm run check`.
 */
import { effect, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { RichTexts, Texts } from '../../types/texts';
import { remembered } from '../lib/settings';

/** The texts without elements in them. */
export type Key = keyof Texts;
export type RichKey = keyof RichTexts;
type Values<V> = V extends undefined ? [] : [values: V];

/** What a compiled catalogue is: a function for each text. */
export type Catalogue = Record<string, (values?: object) => string>;

const LOADERS = {
  en: () => import('virtual:texts/en'),
  de: () => import('virtual:texts/de'),
  fr: () => import('virtual:texts/fr'),
  it: () => import('virtual:texts/it'),
  pt: () => import('virtual:texts/pt'),
  es: () => import('virtual:texts/es'),
};

export type Language = keyof typeof LOADERS;

/** The languages by their own names. */
export const LANGUAGES: Record<Language, string> = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  it: 'Italiano',
  pt: 'Português',
};

/** What the reader chose here; until then the browser's languages decide. */
const chosen = remembered<string | null>('language', null);

/** The language that is shown, and its texts. */
const shown = signal<{ language: Language; locale: string; texts: Catalogue }>({
  language: 'en',
  locale: 'en',
  texts: {},
});

effect(() => {
  document.documentElement.lang = shown.value.language;
});

export function t<K extends Key>(key: K, ...values: Values<Texts[K]>): string {
  return text(key, values);
}

/** A text with elements in it: each tag of the text is drawn by the function of its name, which gets what stands inside. */
export function rich<K extends RichKey>(
  key: K,
  elements: Record<RichTexts[K]['tags'], (inside: string) => ComponentChildren>,
  ...values: Values<RichTexts[K]['values']>
): ComponentChildren {
  const parts = text(key, values).split(/<([a-z]+)(?:\/>|>([^<]*)<\/\1>)/);
  // Text, name of a tag, what stands inside, text, …
  return parts.map((part, index) => {
    if (index % 3 === 0) return part;
    if (index % 3 === 2) return null;
    return elements[part as RichTexts[K]['tags']](parts[index + 1] ?? '');
  });
}

/** A word of the daemon, such as a mode, by the texts of its family; one that has none stands for itself, or as it is told. */
export function word(family: string, value: string, told = value): string {
  return shown.value.texts[`${family}.${value}`]?.() ?? told;
}

/**
 * A sentence of the daemon by its code, in the reader's language. None in English, which the daemon speaks itself, and for a
 * code that no catalogue has.
 */
export function said(family: string, code: string | null | undefined, params: object = {}): string | undefined {
  if (!code || shown.value.language === 'en') return undefined;
  return shown.value.texts[`${family}.${code}`]?.(params);
}

function text(key: string, [values]: readonly (object | undefined)[]): string {
  const found = shown.value.texts[key];
  if (!found) throw new Error(`no text ${key}`);
  return found(values);
}

/** The language that is shown. */
export function language(): Language {
  return shown.value.language;
}

/** How numbers and dates are written: by the browser's own kind of the language that is shown, if it has one. */
export function locale(): string {
  return shown.value.locale;
}

/** Shows the page in another language from now on. */
export async function choose(wanted: Language): Promise<void> {
  await show(wanted);
  chosen.value = wanted;
}

/** Shows the page in the reader's language: the chosen one, or the first of the browser's that there is. */
export function begin(): Promise<void> {
  return show([chosen.value ?? '', ...navigator.languages].map(base).find(isLanguage) ?? 'en');
}

async function show(wanted: Language): Promise<void> {
  const { default: texts } = await LOADERS[wanted]();
  shown.value = { language: wanted, locale: localeOf(wanted), texts };
}

function localeOf(wanted: Language): string {
  const own = navigator.languages.find((tag) => base(tag) === wanted);
  return own ?? (wanted === 'en' ? 'en-GB' : wanted);
}

/** `pt` of `pt-BR`. */
function base(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}

function isLanguage(tag: string): tag is Language {
  return tag in LOADERS;
}
