/** What the logo updater is to do, in words and as two choices. */
import { CHANGES, type LogoChange, type Logos } from '../lib/logos';
import { t } from '../texts';
import { SelectField } from './fields';
import { PlexLibrary } from './plexLibrary';

interface LogoFieldsProps {
  of: Logos;
  onValue: (logos: Logos) => void;
}

export function LogoFields({ of, onValue }: LogoFieldsProps) {
  return (
    <>
      <PlexLibrary
        value={of.library}
        onValue={(library) => onValue({ ...of, library })}
        none={t('logos.all')}
        help={t('logos.library_help')}
      />
      <SelectField
        label={t('logos.change')}
        value={of.change}
        onValue={(change) => onValue({ ...of, change: change as LogoChange })}
        options={CHANGES.map((change) => [change, t(`logos.${change}`)])}
      />
    </>
  );
}
