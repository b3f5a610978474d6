/** The pictures of the library, by kind; what was deleted; and the library folder by folder. */
import '../styles/titles.css';
import { useParams } from 'wouter-preact';
import { body, client } from '../api/client';
import { Page } from '../components/basics';
import { Tabs } from '../components/choose';
import { decoded } from '../lib/decoded';
import { KINDS } from '../lib/library';
import { useResource } from '../lib/resource';
import { rich, t } from '../texts';
import { Folders } from './library/Folders';
import { Gallery } from './library/Gallery';
import { Queue } from './library/Queue';
import { Restyle } from './library/Restyle';
import { TitlePage } from './library/TitlePage';
import { Titles } from './library/Titles';
import { Trash } from './library/Trash';

const OTHERS = [
  { id: 'titles', name: 'library.titles', View: Titles },
  { id: 'folders', name: 'library.folders', View: Folders },
  { id: 'queue', name: 'library.queue', View: Queue },
  { id: 'trash', name: 'library.trash', View: Trash },
] as const;
const TABS = [...KINDS, ...OTHERS];

export default function Library() {
  const rest = useParams<{ '*'?: string }>()['*'] ?? '';
  const [first = ''] = rest.split('/');
  const other = OTHERS.find(({ id }) => id === first);
  const kind = KINDS.find(({ id }) => id === first) ?? KINDS[0];
  if (first === 'title') return <TitlePage key={rest} path={decoded(rest.slice('title/'.length))} />;
  return (
    <Page title={t('nav.library')} help="fix-a-picture" actions={<Restyle />}>
      <Tabs
        label={t('library.kinds')}
        below="/library"
        options={TABS.map(({ id, name }) => ({ value: id, name: t(name) }))}
        value={other?.id ?? kind?.id ?? ''}
      />
      <UnreadableNames />
      {other ? <other.View /> : kind && <Gallery key={kind.id} kind={kind} />}
    </Page>
  );
}

/** Says what is missing because nobody can tell its name. */
function UnreadableNames() {
  const read = (signal: AbortSignal) => client.GET('/api/cache/status', { signal }).then(body);
  const roots = useResource(read, [], ['assets']).data;
  if (!roots) return null;
  const count = roots.assets.unreadable_names + roots.manual.unreadable_names;
  if (count === 0) return null;
  return (
    <div class="notice tone-warn" role="status">
      <span>
        {rich(
          'library.unreadable',
          { name: () => <code>{roots.assets.unreadable_name ?? roots.manual.unreadable_name}</code> },
          { n: count },
        )}
      </span>
    </div>
  );
}
