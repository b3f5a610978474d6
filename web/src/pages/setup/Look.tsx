/** How artwork looks, seen on samples, and which kinds of it are made. */
import { useState } from 'preact/hooks';
import { Preview, sample } from '../../components/preview';
import { nested } from '../../lib/config';
import type { Facts } from '../../lib/steps';
import { t } from '../../texts';
import { Radios, Ticks } from './parts';
import { PRESETS, type Preset, presetOf, settingsOf } from './presets';
import { StepForm } from './StepForm';
import { differing, useSave } from './save';

/** Switches of config.json: names, not texts. */
const KINDS = ['Posters', 'SeasonPosters', 'BackgroundPosters', 'TitleCards'] as const;
const isOn = (value: unknown) => String(value).toLowerCase() === 'true';

export function LookStep({ facts: { values, schema } }: { facts: Facts }) {
  const present = presetOf(values);
  const [look, setLook] = useState<Preset | 'own'>(present ?? 'own');
  const [kinds, setKinds] = useState<string[]>(() => KINDS.filter((key) => isOn(values[key])));
  const { error, save } = useSave();

  function submit() {
    const switches = KINDS.filter((key) => isOn(values[key]) !== kinds.includes(key));
    return save({
      ...Object.fromEntries(switches.map((key) => [key, String(kinds.includes(key))])),
      ...(look === 'own' || look === present ? {} : differing(settingsOf(look), values)),
    });
  }

  const shown: readonly (Preset | 'own')[] = present ? PRESETS : ['own', ...PRESETS];
  return (
    <StepForm step="look" optional error={error} onSubmit={submit}>
      <Radios
        label={t('setup.preset')}
        value={look}
        onValue={setLook}
        options={shown.map((one) => ({
          value: one,
          name: t(`setup.preset_${one}`),
          picture: (
            <Preview
              of={sample({
                kind: 'poster',
                title: t('settings.sample_title'),
                settings: one === 'own' ? {} : nested(schema, settingsOf(one)),
              })}
              alt={t('setup.preset_alt', { look: t(`setup.preset_${one}`) })}
            />
          ),
        }))}
      />
      <Ticks
        label={t('setup.kinds')}
        values={kinds}
        onValues={setKinds}
        options={KINDS.map((key) => ({ value: key, name: t(`setup.${key}`) }))}
      />
    </StepForm>
  );
}
