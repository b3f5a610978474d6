/** Which provider is asked first, and which language posters may have. */
import { useState } from 'preact/hooks';
import { SelectField } from '../../components/fields';
import { HelpLink } from '../../components/help';
import { languageName, providerName } from '../../lib/assets';
import type { Facts } from '../../lib/steps';
import { t } from '../../texts';
import { CODES, choiceOf, orderOf } from './languages';
import { Radios } from './parts';
import { StepForm } from './StepForm';
import { differing, useSave } from './save';

const PROVIDERS = ['tmdb', 'tvdb', 'fanart', 'plex'] as const;

export function LanguagesStep({ facts: { values } }: { facts: Facts }) {
  const stored = Array.isArray(values.PreferredLanguageOrder) ? values.PreferredLanguageOrder.map(String) : [];
  const [favourite, setFavourite] = useState(String(values.FavProvider ?? 'tmdb').toLowerCase());
  const [choice, setChoice] = useState(choiceOf(stored));
  const { error, save } = useSave();
  const asStored = JSON.stringify(choice) === JSON.stringify(choiceOf(stored));

  function submit() {
    const order = orderOf(choice, stored);
    const orders = asStored ? {} : { PreferredLanguageOrder: order, PreferredSeasonLanguageOrder: order };
    const isStored = favourite === String(values.FavProvider).toLowerCase();
    return save(differing({ ...orders, ...(isStored ? {} : { FavProvider: favourite }) }, values));
  }

  const codes = [...new Set([choice.language, ...CODES])];
  return (
    <StepForm step="languages" optional error={error} onSubmit={submit}>
      <Radios
        label={t('setup.favourite')}
        help={
          <>
            {t('setup.favourite_help')} <HelpLink to="words#favourite-provider" about={t('setup.favourite')} />
          </>
        }
        value={favourite}
        onValue={setFavourite}
        options={PROVIDERS.map((provider) => ({ value: provider, name: providerName(provider) }))}
      />
      <Radios
        label={t('setup.textless')}
        help={
          <>
            {t('setup.textless_help')} <HelpLink to="words#xx" about={t('setup.textless')} />
          </>
        }
        value={choice.textless}
        onValue={(textless) => setChoice({ ...choice, textless })}
        options={[
          { value: 'first', name: t('setup.textless_first'), help: t('setup.textless_first_help') },
          { value: 'last', name: t('setup.textless_last'), help: t('setup.textless_last_help') },
        ]}
      />
      <SelectField
        label={t('setup.language')}
        value={choice.language}
        onValue={(language) => setChoice({ ...choice, language })}
        options={codes
          .map((code): [string, string] => [code, languageName(code)])
          .sort(([, one], [, other]) => one.localeCompare(other))}
      />
    </StepForm>
  );
}
