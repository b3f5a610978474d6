/** The choice of the page's language. Each language is called by its own name: whoever looks for it may not read the present one. */
import { Languages } from 'lucide-preact';
import { tell } from '../lib/toast';
import { choose, LANGUAGES, type Language, language, t } from '../texts';

export function LanguageChoice() {
  return (
    <div class="row nowrap">
      <Languages size={14} aria-hidden="true" />
      <select
        class="language"
        aria-label={t('frame.language')}
        value={language()}
        onChange={(event) => tell(choose(event.currentTarget.value as Language))}
      >
        {Object.entries(LANGUAGES).map(([tag, name]) => (
          <option value={tag} key={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
