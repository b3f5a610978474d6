/** Keys of the providers of artwork, each tried before it is kept. */
import { useState } from 'preact/hooks';
import { MASK } from '../../lib/config';
import type { Facts } from '../../lib/steps';
import { t } from '../../texts';
import { KeyField, Outside } from './parts';
import { StepForm } from './StepForm';
import { type Problems, useSave } from './save';
import { verdict } from './verdict';

const PROVIDERS = [
  { id: 'tmdb', key: 'tmdbtoken', field: 'token', from: 'https://www.themoviedb.org/settings/api' },
  { id: 'tvdb', key: 'tvdbapi', field: 'api_key', from: 'https://thetvdb.com/api-information' },
  { id: 'fanart', key: 'FanartTvAPIKey', field: 'api_key', from: 'https://fanart.tv/get-an-api-key/' },
] as const;

type Typed = Partial<Record<(typeof PROVIDERS)[number]['key'], string>>;

export function KeysStep({ facts: { values } }: { facts: Facts }) {
  const [typed, setTyped] = useState<Typed>({});
  // Those that could not be tried, because nobody answered, are kept when the button is pressed once more.
  const [untried, setUntried] = useState<Typed>({});
  const { problems, setProblems, error, save } = useSave();
  const entered = PROVIDERS.flatMap((provider) => {
    const value = typed[provider.key]?.trim();
    return value ? [{ ...provider, value }] : [];
  });
  const anySet = PROVIDERS.some(({ key }) => values[key] === MASK);

  async function submit(): Promise<boolean> {
    if (entered.length === 0 && !anySet) {
      setProblems({ tmdbtoken: t('setup.one_key') });
      return false;
    }
    const open = entered.filter(({ key, value }) => untried[key] !== value);
    const verdicts = await Promise.all(
      open.map(async ({ id, key, field, value }) => ({ key, value, told: await verdict(id, { [field]: value }) })),
    );
    const wrong = verdicts.flatMap(({ key, value, told }) => (told.kind === 'ok' ? [] : [{ key, value, told }]));
    if (wrong.length > 0) {
      const reasons: Problems = Object.fromEntries(wrong.map(({ key, told }) => [key, told.text]));
      setProblems(reasons);
      const silent = wrong.filter(({ told }) => told.kind === 'silent').map(({ key, value }) => [key, value]);
      setUntried({ ...untried, ...Object.fromEntries(silent) });
      return false;
    }
    return save(Object.fromEntries(entered.map(({ key, value }) => [key, value])));
  }

  const someUntried = entered.some(({ key, value }) => untried[key] === value);
  return (
    <StepForm
      step="keys"
      error={error}
      onSubmit={submit}
      beside={someUntried && <span class="muted small-text">{t('setup.unchecked')}</span>}
    >
      {PROVIDERS.map(({ id, key, from }) => (
        <KeyField
          key={key}
          label={t(`setup.key_${id}`)}
          help={
            <>
              {t(`setup.key_${id}_help`)} <Outside href={from}>{t('setup.get_key')}</Outside>
            </>
          }
          value={typed[key] ?? ''}
          isSet={values[key] === MASK}
          problem={problems[key]}
          onValue={(value) => setTyped({ ...typed, [key]: value })}
        />
      ))}
    </StepForm>
  );
}
