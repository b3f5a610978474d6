/** How pictures come out with the settings as they are on the page, saved or not. */
import { useState } from 'preact/hooks';
import { SelectField, Switch, TextField } from '../../components/fields';
import { Preview, type SampleKind, sample } from '../../components/preview';
import { t } from '../../texts';
import { nested, type Schema, type Values } from './model';

const KINDS: readonly SampleKind[] = ['poster', 'season', 'background', 'titlecard', 'collection'];

export function Look({ schema, edits }: { schema: Schema; edits: Values }) {
  const [kind, setKind] = useState<SampleKind>('poster');
  const [title, setTitle] = useState(t('settings.sample_title'));
  const [boxes, setBoxes] = useState(false);
  return (
    <section class="card look" aria-label={t('settings.sample')}>
      <h2>{t('settings.preview')}</h2>
      <SelectField
        label={t('settings.sample')}
        value={kind}
        onValue={(next) => setKind(next as SampleKind)}
        options={KINDS.map((one) => [one, t(`kind.${one}`)])}
      />
      <TextField label={t('settings.title')} value={title} onValue={setTitle} />
      <Switch label={t('settings.boxes')} on={boxes} onValue={setBoxes} />
      <Preview
        of={sample({ kind, title, boxes, settings: nested(schema, edits) })}
        alt={t('settings.sample_alt', { kind: t(`kind.${kind}`) })}
      />
    </section>
  );
}
