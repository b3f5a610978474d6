/** The licences of what is built into the daemon. The long list is only asked for once somebody opens it. */
import { useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { address, body, client } from '../../api/client';
import { Card, Loaded } from '../../components/basics';
import { type Column, Table } from '../../components/table';
import { useResource } from '../../lib/resource';
import { t } from '../../texts';

type Package = components['schemas']['LicensedPackage'];

const columns = (): Column<Package>[] => [
  { name: t('about.name'), cell: (of) => <Name of={of} /> },
  { name: t('about.version'), cell: (of) => of.version },
  { name: t('about.licence'), cell: (of) => of.licence },
];

export function Licences() {
  const [open, setOpen] = useState(false);
  return (
    <Card title={t('about.licences')}>
      <p>{t('about.licences_text')}</p>
      <p>
        <a href={address('/api/licences/texts')} target="_blank" rel="noreferrer">
          {t('about.all_licences')}
        </a>
      </p>
      <details class="release" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('about.built_in')}</summary>
        {open && <Packages />}
      </details>
    </Card>
  );
}

function Packages() {
  const licences = useResource((signal) => client.GET('/api/licences', { signal }).then(body));
  return (
    <Loaded of={licences}>
      {(of) => <Table columns={columns()} rows={of.packages} rowKey={(row) => `${row.name} ${row.version}`} />}
    </Loaded>
  );
}

function Name({ of }: { of: Package }) {
  if (!of.repository) return <>{of.name}</>;
  return (
    <a href={of.repository} target="_blank" rel="noreferrer">
      {of.name}
    </a>
  );
}
