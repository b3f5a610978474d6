/** All pictures of one kind: by library, searched, sorted, chosen, deleted. */
import { useState } from 'preact/hooks';
import { Empty, Loading, Problem } from '../../components/basics';
import { Chips, Pick, Search } from '../../components/choose';
import { Grid } from '../../components/grid';
import { asError } from '../../lib/errors';
import type { Kind, Picture, Sort } from '../../lib/library';
import { useLongList } from '../../lib/pages';
import { useResource } from '../../lib/resource';
import { remembered } from '../../lib/settings';
import { plural } from '../../lib/words';
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
  const error = list.error.value;
  const width = kind.ratio > 1 ? tileWidth.value * 1.6 : tileWidth.value;
  const { family, name } = kind;

  function toggle(path: string) {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    setChosen(next);
  }

  async function remove(paths: string[]) {
    if (!family || !(await deletePictures({ family, name }, paths))) return;
    setChosen(chosen && new Set());
    setOpen(undefined);
  }

  // Where there is nothing there is nothing to look through.
  if (total === 0 && !search && !library) return <Empty>{kind.none}</Empty>;
  return (
    <>
      <Libraries kind={kind} chosen={library} onChoose={setLibrary} />
      <div class="row toolbar">
        <Search label={`Search in ${name}`} value={search} onValue={setSearch} />
        <Pick
          label="Order"
          value={sort}
          onValue={setSort}
          options={kind.sorts.map((value) => ({ value, name: SORTS[value] }))}
        />
        <Size />
        <span class="muted small-text grow">{total !== undefined && plural(total, 'picture')}</span>
        {family && <Choosing chosen={chosen} onChoose={setChosen} onDelete={remove} />}
      </div>
      {error !== undefined && <Problem error={asError(error)} retry={() => list.renew()} />}
      {total === undefined && error === undefined && <Loading />}
      {total === 0 && <Empty>Nothing fits.</Empty>}
      {Boolean(total) && (
        <Grid
          count={total ?? 0}
          width={width}
          ratio={kind.ratio}
          label={name}
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
          onDelete={family === undefined ? undefined : (picture) => remove([picture.path])}
        />
      )}
    </>
  );
}

function Libraries({ kind, chosen, onChoose }: { kind: Kind; chosen: string; onChoose: (library: string) => void }) {
  const filled = useResource(kind.libraries, [kind.id], ['assets']).data ?? [];
  if (filled.length < 2) return null;
  const options = filled.map(([name, count]) => ({ value: name, name, aside: count }));
  return (
    <Chips
      label="Libraries"
      value={chosen}
      onValue={onChoose}
      options={[{ value: '', name: 'All libraries' }, ...options]}
    />
  );
}

function Size() {
  return (
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
  );
}

interface ChoosingProps {
  /** The paths that are chosen; none while pictures open when they are pressed. */
  chosen: ReadonlySet<string> | undefined;
  onChoose: (chosen: ReadonlySet<string> | undefined) => void;
  onDelete: (paths: string[]) => void;
}

function Choosing({ chosen, onChoose, onDelete }: ChoosingProps) {
  if (!chosen) {
    return (
      <button type="button" class="button" onClick={() => onChoose(new Set())}>
        Choose
      </button>
    );
  }
  return (
    <>
      <span>{chosen.size} chosen</span>
      <button type="button" class="button danger" disabled={chosen.size === 0} onClick={() => onDelete([...chosen])}>
        Delete
      </button>
      <button type="button" class="button" onClick={() => onChoose(undefined)}>
        Done
      </button>
    </>
  );
}
