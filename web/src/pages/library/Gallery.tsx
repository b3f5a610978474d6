/** All pictures of one kind: by library, searched, sorted, chosen, deleted. */
import { useState } from 'preact/hooks';
import { Empty, Loading, Problem } from '../../components/basics';
import { Grid } from '../../components/grid';
import { asError } from '../../lib/errors';
import type { Kind, Picture, Sort } from '../../lib/library';
import { useLongList } from '../../lib/pages';
import { useResource } from '../../lib/resource';
import { remembered } from '../../lib/settings';
import { newsOf } from '../../live/state';
import { deletePictures } from './delete';
import { Tile } from './Tile';
import { Viewer } from './Viewer';

const SORTS: Record<Sort, string> = {
  path: 'By name',
  '-modified': 'Newest first',
  modified: 'Oldest first',
  '-size': 'Largest first',
};

const tileWidth = remembered('tile-width', 160);

export function Gallery({ kind }: { kind: Kind }) {
  const [library, setLibrary] = useState('');
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<Sort>('path');
  const [chosen, setChosen] = useState<ReadonlySet<string> | undefined>();
  const [open, setOpen] = useState<number>();
  const news = newsOf(['assets']);
  const list = useLongList<Picture>(
    (offset, limit, signal) => kind.read({ offset, limit, search, library, sort }, signal),
    [kind.id, library, search, sort],
    news,
  );
  void list.version.value;
  const total = list.total.value;
  const width = kind.ratio > 1 ? tileWidth.value * 1.6 : tileWidth.value;

  function toggle(path: string) {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    setChosen(next);
  }

  async function remove(paths: string[]) {
    if (!(await deletePictures(kind, paths))) return;
    setChosen(chosen && new Set());
    setOpen(undefined);
  }

  return (
    <>
      <Libraries kind={kind} chosen={library} onChoose={setLibrary} />
      <div class="row">
        <input
          type="search"
          class="search"
          aria-label={`Search in ${kind.name}`}
          placeholder="Search"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <select
          class="fit"
          aria-label="Order"
          value={sort}
          onChange={(event) => setSort(event.currentTarget.value as Sort)}
        >
          {kind.sorts.map((value) => (
            <option value={value} key={value}>
              {SORTS[value]}
            </option>
          ))}
        </select>
        <input
          class="size"
          type="range"
          aria-label="Size of the pictures"
          min={100}
          max={320}
          step={20}
          value={tileWidth.value}
          onInput={(event) => {
            tileWidth.value = event.currentTarget.valueAsNumber;
          }}
        />
        <span class="muted small-text grow">{total !== undefined && `${total.toLocaleString()} pictures`}</span>
        {chosen ? (
          <>
            <span>{chosen.size} chosen</span>
            <button
              type="button"
              class="button danger"
              disabled={chosen.size === 0}
              onClick={() => remove([...chosen])}
            >
              Delete
            </button>
            <button type="button" class="button" onClick={() => setChosen(undefined)}>
              Done
            </button>
          </>
        ) : (
          <button type="button" class="button" onClick={() => setChosen(new Set())}>
            Choose
          </button>
        )}
      </div>
      {list.error.value !== undefined && <Problem error={asError(list.error.value)} retry={() => list.renew()} />}
      {total === undefined && list.error.value === undefined && <Loading />}
      {total === 0 && <Empty>{search || library ? 'Nothing fits.' : kind.none}</Empty>}
      {Boolean(total) && (
        <Grid
          count={total ?? 0}
          width={width}
          ratio={kind.ratio}
          label={kind.name}
          tile={(index, place) => {
            const picture = list.at(index);
            return (
              <Tile
                key={index}
                picture={picture}
                width={width}
                place={place}
                chosen={picture && chosen?.has(picture.path)}
                onClick={() => picture && (chosen ? toggle(picture.path) : setOpen(index))}
              />
            );
          }}
        />
      )}
      {open !== undefined && (
        <Viewer
          picture={list.at(open)}
          onClose={() => setOpen(undefined)}
          onStep={(step) => setOpen(Math.min(Math.max(open + step, 0), (total ?? 1) - 1))}
          onDelete={(picture) => remove([picture.path])}
        />
      )}
    </>
  );
}

function Libraries({ kind, chosen, onChoose }: { kind: Kind; chosen: string; onChoose: (library: string) => void }) {
  const filled = useResource(kind.libraries, [kind.id], ['assets']).data ?? [];
  if (filled.length < 2) return null;
  return (
    <div class="chips">
      <button type="button" class="chip" aria-pressed={chosen === ''} onClick={() => onChoose('')}>
        All libraries
      </button>
      {filled.map(([name, count]) => (
        <button type="button" class="chip" key={name} aria-pressed={chosen === name} onClick={() => onChoose(name)}>
          {name} <small>{count.toLocaleString()}</small>
        </button>
      ))}
    </div>
  );
}
