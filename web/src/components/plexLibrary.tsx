/** The choice of one of Plex's libraries: among those that the daemon knows, else by name. */
import { body, client } from '../api/client';
import { useResource } from '../lib/resource';
import { t } from '../texts';
import { SelectField, TextField } from './fields';

interface PlexLibraryProps {
  value: string;
  onValue: (name: string) => void;
  help?: string;
  /** What the choice of none means; without it one must be named. */
  none?: string;
}

export function PlexLibrary({ value, onValue, help, none }: PlexLibraryProps) {
  const known = useResource(
    (signal) =>
      client
        .GET('/api/libraries/{server_type}/cached', { params: { path: { server_type: 'plex' } }, signal })
        .then(body),
    [],
    ['config'],
  );
  const libraries = known.data && 'libraries' in known.data ? known.data.libraries : [];
  const names = libraries.map(({ name }) => name);
  const common = { label: t('common.library'), help, value, onValue };
  if (names.length === 0) return <TextField {...common} placeholder={none} required={none === undefined} />;
  // One that was named before Plex was asked, or is no longer there, stays chosen.
  const others = value && !names.includes(value) ? [value] : [];
  return <SelectField {...common} options={[['', none ?? t('run.reset_choose')], ...names, ...others]} />;
}
