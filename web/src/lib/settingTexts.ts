/** What settings are called and what they are for, in the reader's language. The daemon itself tells it in English. */
import type { Catalogue, Language } from '../texts';
import type { Property } from './config';

const LOADERS: Partial<Record<Language, () => Promise<{ default: Catalogue }>>> = {
  de: () => import('virtual:setting-texts/de'),
  es: () => import('virtual:setting-texts/es'),
  fr: () => import('virtual:setting-texts/fr'),
  it: () => import('virtual:setting-texts/it'),
  pt: () => import('virtual:setting-texts/pt'),
};

/**
 * `label.<key>` and `help.<key>`; what each part of a picture has alike, such as its font's colour, is there once:
 * `aspect.<key in its section>` and `aspect_help.…`, of the part that its section is about (`part.<section>`).
 */
export async function settingTexts(of: Language): Promise<Catalogue> {
  return (await LOADERS[of]?.())?.default ?? {};
}

/** Undefined: it has no text in this language. */
export function translated(texts: Catalogue, key: string, of: Property): { label?: string; help?: string } {
  const part = texts[`part.${of['x-section']}`]?.();
  const aspect = part === undefined ? undefined : of['x-key'];
  const label = texts[`label.${key}`]?.() ?? texts[`aspect.${aspect}`]?.();
  const help = texts[`help.${key}`]?.() ?? texts[`aspect_help.${aspect}`]?.({ part });
  return { ...(label === undefined ? {} : { label }), ...(help === undefined ? {} : { help }) };
}
