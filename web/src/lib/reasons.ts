/**
 * Why something is as it is, in the reader's language: the daemon tells it in English, and sentence by sentence by codes. The texts
 * of these are loaded at the first need of them.
 */
import { signal } from '@preact/signals';
import type { components } from '../../types/schema';
import { type Catalogue, type Language, language } from '../texts';
import { languageName, providerName } from './assets';
import { list } from './format';
import { modeName, outcomeText, plainReason, sentence } from './words';

export type Clause = components['schemas']['Clause'];
/** What a reason may be about; each has codes of its own. */
export type Family = 'because' | 'run_reason' | 'trigger_reason' | 'verdict' | 'missed' | 'wrong';

const LOADERS: Record<Exclude<Language, 'en'>, () => Promise<{ default: Catalogue }>> = {
  de: () => import('virtual:reason-texts/de'),
  es: () => import('virtual:reason-texts/es'),
  fr: () => import('virtual:reason-texts/fr'),
  it: () => import('virtual:reason-texts/it'),
  pt: () => import('virtual:reason-texts/pt'),
};

const loaded = signal<Partial<Record<Language, Catalogue>>>({});
const loading: Partial<Record<Language, Promise<void>>> = {};

/** Loads the texts of a language once. Without them, the daemon's English is shown. */
async function load(wanted: Exclude<Language, 'en'>): Promise<void> {
  const texts = await LOADERS[wanted]().then(
    (module) => module.default,
    () => ({}),
  );
  loaded.value = { ...loaded.peek(), [wanted]: texts };
}

/** The reason in the reader's language; undefined where the daemon's English is what there is; empty while it is loaded. */
export function reasonOf(family: Family, clauses: readonly Clause[] | null | undefined): string | undefined {
  const wanted = language();
  if (wanted === 'en' || !clauses?.length) return undefined;
  const texts = loaded.value[wanted];
  if (texts) return composed(texts, family, clauses);
  loading[wanted] ??= load(wanted);
  return '';
}

/** In the words of a catalogue; undefined where it lacks one of them. */
export function composed(texts: Catalogue, family: Family, clauses: readonly Clause[]): string | undefined {
  const text = phrase(texts, family, clauses);
  return text === undefined ? undefined : sentence(text);
}

/** The same as it stands in a sentence. */
function phrase(texts: Catalogue, family: Family, clauses: readonly Clause[]): string | undefined {
  const said = clauses.filter(
    ({ code }, index) => !(code === 'exit_code' && clauses[index + 1]?.code === 'last_lines'),
  );
  let text = '';
  for (const [index, { code, params = {} }] of said.entries()) {
    // What is wrong with a call has the same words wherever it comes from.
    const one = texts[`${family}.${code}`] ?? texts[`trouble.${code}`];
    if (!one) return undefined;
    const values = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, shown(name, value)]));
    text += (index === 0 ? '' : between(said[index - 1]?.code ?? '', code)) + one(values);
  }
  return text;
}

/** What stands between two sentences, as the daemon has it in English. */
function between(before: string, next: string): string {
  if (next === 'favourite' || before === 'to') return ', ';
  return /^shows_|_trouble$/.test(before) ? ': ' : '; ';
}

/** A value of the daemon in the reader's words. */
function shown(name: string, value: string): string {
  switch (name) {
    case 'provider':
      return providerName(value);
    case 'names':
      return list(value.split(', ').map(providerName));
    case 'language':
      return languageName(value);
    case 'mode':
      return modeName(value);
    case 'outcome':
      return outcomeText(value);
    case 'lines':
      return plainReason(value);
    default:
      return value;
  }
}

/** The reason in the reader's language, or as the daemon told it. */
export function reasonText(family: Family, clauses: readonly Clause[] | null | undefined, english: string): string {
  return reasonOf(family, clauses) ?? english;
}

/** The same for who can wait until its texts are loaded. */
export async function reasonSaid(
  family: Family,
  clauses: readonly Clause[] | null | undefined,
  english: string,
): Promise<string> {
  reasonOf(family, clauses);
  await loading[language()];
  return reasonText(family, clauses, english);
}

/** What is wrong with something that stands before it, such as the name of a setting. */
export async function wrongSaid(clauses: readonly Clause[] | null | undefined, english: string): Promise<string> {
  if (reasonOf('wrong', clauses) === undefined) return english;
  await loading[language()];
  return phrase(loaded.peek()[language()] ?? {}, 'wrong', clauses ?? []) ?? english;
}
