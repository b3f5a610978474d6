/** Languages as they are written into an order of languages: by code, or by name. */
import { locale } from '../../texts';
import { CODES } from '../setup/languages';

/** What is no language, and stands in an order all the same: names, not texts. */
const OTHERS = ['xx', 'PleaseFillMe'];

/** The code of what somebody wrote; undefined where no language is called so. */
export function codeOf(text: string): string | undefined {
  const wanted = text.trim();
  const other = OTHERS.find((one) => isSame(one, wanted));
  if (other) return other;
  if (/^[a-z]{2,3}([-_][a-z\d]{2,4})?$/i.test(wanted) && nameIn('en', wanted)) return wanted;
  return CODES.find((code) => ['en', locale(), code].some((reader) => isSame(nameIn(reader, code) ?? '', wanted)));
}

function isSame(one: string, other: string): boolean {
  return one.localeCompare(other, undefined, { sensitivity: 'base' }) === 0;
}

function nameIn(reader: string, code: string): string | undefined {
  try {
    return new Intl.DisplayNames([reader], { type: 'language', fallback: 'none' }).of(code.replace('_', '-'));
  } catch {
    return undefined;
  }
}
