/** The pictures of the library, by kind; what was deleted; and the library folder by folder. */
import { useParams } from 'wouter-preact';
import { Page } from '../components/basics';
import { Tabs } from '../components/choose';
import { KINDS } from '../lib/library';
import { Folders } from './library/Folders';
import { Gallery } from './library/Gallery';
import { Trash } from './library/Trash';

const OTHERS = [
  { id: 'folders', name: 'Folders', View: Folders },
  { id: 'trash', name: 'Trash', View: Trash },
];
const TABS = [...KINDS, ...OTHERS].map(({ id, name }) => ({ value: id, name }));

export default function Library() {
  const [first = ''] = (useParams<{ '*'?: string }>()['*'] ?? '').split('/');
  const other = OTHERS.find(({ id }) => id === first);
  const kind = KINDS.find(({ id }) => id === first) ?? KINDS[0];
  return (
    <Page title="Library">
      <Tabs label="Kinds" below="/library" options={TABS} value={other?.id ?? kind?.id ?? ''} />
      {other ? <other.View /> : kind && <Gallery key={kind.id} kind={kind} />}
    </Page>
  );
}
