/** The pictures of the library, by kind; what was deleted; and the library folder by folder. */
import { Link, useParams } from 'wouter-preact';
import { Page } from '../components/basics';
import { KINDS } from '../lib/library';
import { Folders } from './library/Folders';
import { Gallery } from './library/Gallery';
import { Trash } from './library/Trash';

const OTHERS = [
  ['folders', 'Folders', Folders],
  ['trash', 'Trash', Trash],
] as const;

export default function Library() {
  const rest = useParams<{ '*'?: string }>()['*'] ?? '';
  const [first = ''] = rest.split('/');
  const kind = KINDS.find((one) => one.id === first) ?? KINDS[0];
  const other = OTHERS.find(([id]) => id === first);
  const Other = other?.[2];
  return (
    <Page title="Library">
      <nav class="chips" aria-label="Kinds">
        {[...KINDS.map(({ id, name }) => [id, name] as const), ...OTHERS].map(([id, name]) => (
          <Link
            class="chip"
            key={id}
            href={`/library/${id}`}
            aria-current={id === (other?.[0] ?? kind?.id) ? 'page' : undefined}
          >
            {name}
          </Link>
        ))}
      </nav>
      {Other ? <Other /> : kind && <Gallery key={kind.id} kind={kind} />}
    </Page>
  );
}
