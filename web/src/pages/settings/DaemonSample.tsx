/** What the daemon's drawing settings make of a picture, as they are on the page, saved or not. */
import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../../components/fields';
import { Preview, type SampleKind, sample } from '../../components/preview';
import type { DaemonEdits } from '../../lib/edits';
import { t } from '../../texts';
import type { DaemonSetting } from './Daemon';

const KINDS: Record<'drawing' | 'artwork', readonly SampleKind[]> = {
  drawing: ['poster', 'season', 'background', 'titlecard', 'collection'],
  artwork: ['collection'],
};

interface Props {
  section: 'drawing' | 'artwork';
  settings: readonly DaemonSetting[];
  edits: DaemonEdits;
}

export function DaemonSample({ section, settings, edits }: Props) {
  const kinds = KINDS[section];
  const [kind, setKind] = useState<SampleKind>(kinds[0] ?? 'poster');
  const [title, setTitle] = useState(t('settings.sample_title'));
  const [date, setDate] = useState('');
  const [set, setSet] = useState('');
  const sets = settings.find(({ key }) => key === 'artwork.sets')?.value;
  const drawing = date === '' ? {} : { date };
  return (
    <section class="look" aria-label={t('settings.sample')}>
      <SelectField
        label={t('settings.sample')}
        value={kind}
        onValue={(next) => setKind(next as SampleKind)}
        options={kinds.map((one) => [one, t(`kind.${one}`)])}
      />
      <TextField label={t('settings.title')} value={title} onValue={setTitle} />
      {section === 'drawing' && (
        <TextField label={t('daemon.date')} help={t('daemon.date_help')} type="date" value={date} onValue={setDate} />
      )}
      {section === 'artwork' && sets && (
        <TextField
          label={t('daemon.of_set')}
          help={t('daemon.of_set_help')}
          placeholder="Heat (1995)/poster.jpg"
          value={set}
          onValue={setSet}
        />
      )}
      <Preview
        of={sample({ kind, title, drawing, daemon: edits, ...(set === '' ? {} : { set }) })}
        alt={t('settings.sample_alt', { kind: t(`kind.${kind}`) })}
      />
    </section>
  );
}
