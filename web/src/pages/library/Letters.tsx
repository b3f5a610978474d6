/** A way to the first of each letter. */
import { LETTERS } from '../../lib/titles';
import { t } from '../../texts';

interface LettersProps {
  /** Where each letter begins; letters that nothing begins with are absent. */
  first: ReadonlyMap<string, number>;
  onGo: (place: { index: number }) => void;
}

export function Letters({ first, onGo }: LettersProps) {
  return (
    <nav class="letters" aria-label={t('library.letters')}>
      {LETTERS.map((letter) => {
        const index = first.get(letter);
        return (
          <button
            key={letter}
            type="button"
            disabled={index === undefined}
            onClick={() => index !== undefined && onGo({ index })}
          >
            {letter}
          </button>
        );
      })}
    </nav>
  );
}
