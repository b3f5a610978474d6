/** The licences of what is built into the daemon. The long list is only asked for once somebody opens it. */
import { useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { address, body, client } from '../../api/client';
import { Card, Loaded } from '../../components/basics';
import { type Column, Table } from '../../components/table';
import { useResource } from '../../lib/resource';

type Package = components['schemas']['LicensedPackage'];

const COLUMNS: Column<Package>[] = [
  { name: 'Name', cell: (of) => <Name of={of} /> },
  { name: 'Version', cell: (of) => of.version },
  { name: 'Licence', cell: (of) => of.licence },
];

export function Licences() {
  const [open, setOpen] = useState(false);
  return (
    <Card title="Licences">
      <p>
        posterizarrd is MIT-licensed. Posterizarr itself is a project of its own, and no part of it is in here. This
        software is based in part on the work of the Independent JPEG Group; the bundled fonts are DejaVu.
      </p>
      <p>
        <a href={address('/api/licences/texts')} target="_blank" rel="noreferrer">
          All licences and notices
        </a>
      </p>
      <details class="release" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>What is built in</summary>
        {open && <Packages />}
      </details>
    </Card>
  );
}

function Packages() {
  const licences = useResource((signal) => client.GET('/api/licences', { signal }).then(body));
  return (
    <Loaded of={licences}>
      {(of) => <Table columns={COLUMNS} rows={of.packages} rowKey={(row) => `${row.name} ${row.version}`} />}
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
