/** How pictures come out with the settings as they are on the page, saved or not. */
import { useEffect, useState } from 'preact/hooks';
import { SelectField, Switch, TextField } from '../../components/fields';
import { Preview, type SampleKind, sample } from '../../components/preview';
import { type Group, nested, type Schema, type Values } from '../../lib/config';
import { t } from '../../texts';

const KINDS: readonly SampleKind[] = ['poster', 'season', 'background', 'titlecard', 'collection'];

/** What is seen of the sections of config.json. */
const SEEN_ON: Partial<Record<string, SampleKind>> = {
  PosterOverlayPart: 'poster',
  SeasonPosterOverlayPart: 'season',
  ShowTitleOnSeasonPosterPart: 'season',
  BackgroundOverlayPart: 'background',
  TitleCardOverlayPart: 'titlecard',
  TitleCardTitleTextPart: 'titlecard',
  TitleCardEPTextPart: 'titlecard',
  CollectionTitlePosterPart: 'collection',
  CollectionPosterOverlayPart: 'collection',
};

/** The kind of artwork that a group of settings is about; none where it is about all of them. */
export function seenOn({ fields }: Group): SampleKind | undefined {
  return SEEN_ON[fields[0]?.property['x-section'] ?? ''];
}

interface LookProps {
  schema: Schema;
  edits: Values;
  /** The kind that is being edited. */
  edited: SampleKind | undefined;
  /** How many sections stand beside it. */
  beside: number;
}

export function Look({ schema, edits, edited, beside }: LookProps) {
  const [kind, setKind] = useState<SampleKind>(edited ?? 'poster');
  useEffect(() => {
    if (edited) setKind(edited);
  }, [edited]);
  const [title, setTitle] = useState(t('settings.sample_title'));
  const [boxes, setBoxes] = useState(false);
  return (
    <section class="card look" style={{ '--beside': beside }} aria-label={t('settings.sample')}>
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
