/** What the daemon found, in the reader's language where this page has words for it, else in the daemon's English. */
import { type Check, findingOf, withLabels } from '../lib/readiness';
import { type Clause, type Family, reasonOf } from '../lib/reasons';
import { sentence } from '../lib/words';
import { language, said } from '../texts';

export function Finding({ of }: { of: Check }) {
  return <Own text={findingOf(of)} english={`${sentence(withLabels(of.message))}.`} />;
}

/** What is to be done about it. */
export function Advice({ of }: { of: Check }) {
  if (!of.mend) return null;
  return <Own text={said('mend', of.code, of.params)} english={`${sentence(withLabels(of.mend))}.`} />;
}

/** Why something is as it is. */
export function Reason({
  family,
  of,
  english,
}: {
  family: Family;
  of: readonly Clause[] | undefined;
  english: string;
}) {
  return <Own text={reasonOf(family, of)} english={english} />;
}

/** `text`: absent where this page has no words for it. */
export function Own({ text, english }: { text: string | undefined; english: string }) {
  return <span lang={text === undefined && language() !== 'en' ? 'en' : undefined}>{text ?? english}</span>;
}
