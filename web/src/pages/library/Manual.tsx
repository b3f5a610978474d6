/** The user's own pictures, folder by folder. */
import { useState } from 'preact/hooks';
import { request } from '../../api/client';
import { Empty, Loaded } from '../../components/basics';
import type { Picture } from '../../lib/library';
import { useResource } from '../../lib/resource';
import { plural } from '../../lib/words';
import { deletePictures } from './delete';
import { Tile } from './Tile';
import { Viewer } from './Viewer';

interface ManualLibrary {
  name: string;
  folders: { name: string; path: string; asset_count: number; assets: Picture[] }[];
}

const FAMILY = { family: '/api/manual-assets', name: 'Manual pictures' };

export function Manual() {
  const manual = useResource(
    (signal) =>
      request<{ libraries: ManualLibrary[]; total_assets: number }>('GET', '/api/manual-assets-gallery', { signal }),
    [],
    ['assets'],
  );
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<Picture>();
  const needle = search.trim().toLowerCase();
  return (
    <Loaded of={manual}>
      {({ libraries, total_assets }) => (
        <>
          <div class="row">
            <input
              type="search"
              class="search"
              aria-label="Search in the manual pictures"
              placeholder="Search"
              value={search}
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
            <span class="muted small-text">{plural(total_assets, 'picture')}</span>
          </div>
          {total_assets === 0 && (
            <Empty>Pictures in the manual assets folder are used before those of any provider.</Empty>
          )}
          {libraries.map((library) => (
            <details key={library.name} open={libraries.length === 1 || needle !== ''} class="release">
              <summary>
                <strong>{library.name}</strong> <span class="muted">{plural(library.folders.length, 'folder')}</span>
              </summary>
              <ul class="shelf wide">
                {library.folders
                  .filter((folder) => folder.path.toLowerCase().includes(needle))
                  .flatMap((folder) => folder.assets)
                  .map((picture) => (
                    <li key={picture.path}>
                      <Tile picture={picture} width={160} chosen={undefined} onClick={() => setOpen(picture)} />
                    </li>
                  ))}
              </ul>
            </details>
          ))}
          {open && (
            <Viewer
              picture={open}
              onClose={() => setOpen(undefined)}
              onDelete={async (picture) => {
                if (await deletePictures(FAMILY, [picture.path])) setOpen(undefined);
              }}
            />
          )}
        </>
      )}
    </Loaded>
  );
}
