/** The order of languages, as two choices: pictures without text first or last, and the language of the others. */

/** How providers call pictures without text. */
const TEXTLESS = 'xx';

export interface Choice {
  textless: 'first' | 'last';
  language: string;
}

export function choiceOf(order: readonly string[]): Choice {
  const language = order.find((code) => /^[a-z]{2}$/i.test(code) && code !== TEXTLESS) ?? 'en';
  return { textless: order[0] === TEXTLESS ? 'first' : 'last', language };
}

/** The order with this choice. Languages that were in it stay, behind. */
export function orderOf({ textless, language }: Choice, before: readonly string[]): string[] {
  const others = before.filter((code) => /^[a-z]{2}$/i.test(code) && code !== language && code !== TEXTLESS);
  const spoken = [language, ...others];
  return textless === 'first' ? [TEXTLESS, ...spoken] : [...spoken, TEXTLESS];
}

/** Those that providers have artwork in, by their codes: names, not texts. */
export const CODES =
  'ar bg cs da de el en es fi fr he hi hr hu id it ja ko nl no pl pt ro ru sk sl sr sv th tr uk vi zh'.split(' ');
