/** The library as it lies on disk. */
import { Folder as FolderIcon } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Link, useParams } from 'wouter-preact';
import { request } from '../../api/client';
import { Empty, Loaded } from '../../components/basics';
import { decoded } from '../../lib/decoded';
import type { Picture } from '../../lib/library';
import { useResource } from '../../lib/resource';
import { t } from '../../texts';
import { deletePictures } from './delete';
import { Tile } from './Tile';
import { Viewer } from './Viewer';

type Item =
  | { type: 'folder'; name: string; path: string; item_count: number }
  | ({ type: 'asset'; asset_type: string; full_type: string } & Omit<Picture, 'type'>);

const FAMILY = '/api/gallery';

export function Folders() {
  const rest = decoded((useParams<{ '*'?: string }>()['*'] ?? '').replace(/^folders\/?/, ''));
  const query = new URLSearchParams({ path: rest });
  const folder = useResource(
    (signal) => request<{ items: Item[] }>('GET', `/api/folder-view/browse?${query}`, { signal }),
    [rest],
    ['assets'],
  );
  const [open, setOpen] = useState<Picture>();
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
              {items.map(
                (item) =>
                  item.type === 'asset' && (
                    <li key={item.path}>
                      <Tile
                        picture={picture(item)}
                        width={240}
                        whole
                        chosen={undefined}
                        onClick={() => setOpen(picture(item))}
                      />
                    </li>
                  ),
              )}
            </ul>
          </>
        )}
      </Loaded>
      {open && (
        <Viewer
          picture={open}
          onClose={() => setOpen(undefined)}
          onDelete={async (one) => {
            if (await deletePictures(FAMILY, [one.path])) setOpen(undefined);
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
