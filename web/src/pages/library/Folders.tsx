/** The library as it lies on disk. */
import { Folder as FolderIcon } from 'lucide-preact';
import { Link, useParams } from 'wouter-preact';
import { request } from '../../api/client';
import { Empty, Loaded } from '../../components/basics';
import { decoded } from '../../lib/decoded';
import type { Picture } from '../../lib/library';
import { useQuery } from '../../lib/query';
import { useResource } from '../../lib/resource';
import { t } from '../../texts';
import { deletePictures } from './delete';
import { Tile } from './Tile';
import { useViewer } from './useViewer';
import { Viewer } from './Viewer';

type Item =
  | { type: 'folder'; name: string; path: string; item_count: number }
  | ({ type: 'asset'; asset_type: string; full_type: string } & Omit<Picture, 'type'>);

const FAMILY = '/api/gallery';

export function Folders() {
  const rest = decoded((useParams<{ '*'?: string }>()['*'] ?? '').replace(/^folders\/?/, ''));
  const wanted = new URLSearchParams({ path: rest });
  const folder = useResource(
    (signal) => request<{ items: Item[] }>('GET', `/api/folder-view/browse?${wanted}`, { signal }),
    [rest],
    ['assets'],
  );
  const pictures = folder.data?.items.flatMap((item) => (item.type === 'asset' ? [picture(item)] : []));
  const [query, setQuery] = useQuery();
  const viewer = useViewer(query, setQuery, pictures?.length);
  const segments = rest ? rest.split('/') : [];
  return (
    <>
      <nav class="crumbs" aria-label={t('library.folder')}>
        <Link href="/library/folders">{t('nav.library')}</Link>
        {segments.map((name, index) => (
          <Link key={name} href={link(segments.slice(0, index + 1).join('/'))}>
            {name}
          </Link>
        ))}
      </nav>
      <Loaded of={folder}>
        {({ items }) => (
          <>
            {items.length === 0 && <Empty>{t('library.empty_folder')}</Empty>}
            <ul class="folders">
              {items.map(
                (item) =>
                  item.type === 'folder' && (
                    <li key={item.path}>
                      <Link href={link(item.path)} class="folder">
                        <FolderIcon size={20} aria-hidden="true" />
                        <span class="grow truncate">{item.name}</span>
                        <span class="muted small-text">{t('run.items', { n: item.item_count })}</span>
                      </Link>
                    </li>
                  ),
              )}
            </ul>
            <ul class="shelf wide">
              {pictures?.map((one, index) => (
                <li key={one.path}>
                  <Tile picture={one} width={240} whole chosen={undefined} onClick={() => viewer.show(index)} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      {viewer.open !== undefined && (
        <Viewer
          picture={pictures?.[viewer.open]}
          onClose={viewer.close}
          onStep={viewer.step}
          ends={{ first: viewer.open === 0, last: viewer.open === (pictures?.length ?? 0) - 1 }}
          onDelete={async (one) => {
            if (await deletePictures(FAMILY, [one.path])) viewer.close();
          }}
        />
      )}
    </>
  );
}

function picture(item: Extract<Item, { type: 'asset' }>): Picture {
  return { path: item.path, name: item.name, size: item.size, url: item.url, type: item.full_type };
}

function link(path: string): string {
  return `/library/folders/${path.split('/').map(encodeURIComponent).join('/')}`;
}
