/** All pictures of one kind: by library, searched, sorted, chosen, deleted. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Empty, Loading, Problem } from '../../components/basics';
import { Chips, Pick, Search } from '../../components/choose';
import { Grid } from '../../components/grid';
import { asError } from '../../lib/errors';
import { isElsewhere } from '../../lib/keys';
import type { Kind, Picture, Sort } from '../../lib/library';
import { useLongList } from '../../lib/pages';
import { type SetQuery, useQuery } from '../../lib/query';
import { useResource } from '../../lib/resource';
import { remembered } from '../../lib/settings';
import { tell } from '../../lib/toast';
import { newsOf } from '../../live/state';
import { type Key, t } from '../../texts';
import { deletePictures } from './delete';
import { Letters } from './Letters';
import { canRemake, mayRemake, remake } from './remake';
import { Tile } from './Tile';
import { useViewer } from './useViewer';
import { Viewer } from './Viewer';

const SORTS: Record<Sort, Key> = {
  title: 'library.by_title',
  path: 'library.by_name',
  '-modified': 'library.newest',
  modified: 'library.oldest',
  '-size': 'library.largest',
};

const tileWidth = remembered('tile-width', 160);

export function Gallery({ kind }: { kind: Kind }) {
  const [query, setQuery] = useQuery();
  const library = query.get('library') ?? '';
  const search = query.get('q') ?? '';
  const sort = kind.sorts.find((one) => one === query.get('sort')) ?? 'path';
  const [goTo, setGoTo] = useState<{ index: number }>();
  const [chosen, setChosen] = useState<ReadonlySet<string> | undefined>();
  const news = newsOf(['assets']);
  const read = (offset: number, limit: number, signal: AbortSignal) =>
    kind.read({ offset, limit, search, library, sort }, signal);
  const list = useLongList<Picture>(
    (offset, limit, signal) => read(offset, limit, signal),
    [kind.id, library, search, sort],
    news,
  );
  void list.version.value;
  const total = list.total.value;
  const error = list.error.value;
  const viewer = useViewer(query, setQuery, total);
  const width = kind.ratio > 1 ? tileWidth.value * 1.6 : tileWidth.value;
  const { family } = kind;
  const name = t(kind.name);

  function set(changes: Parameters<SetQuery>[0]) {
    setQuery(changes, { replace: true });
  }

  // Where a range begins: the picture that was chosen last by itself.
  const anchor = useRef(0);

  function toggle(path: string, index: number) {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    anchor.current = index;
    setChosen(next);
  }

  /** The paths of a part of the list, also of what was not looked at yet. */
  async function pathsOf(offset: number, limit: number): Promise<string[]> {
    return (await tell(read(offset, limit, new AbortController().signal)))?.items.map(({ path }) => path) ?? [];
  }

  async function chooseTo(index: number) {
    const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
    const paths = await pathsOf(from, to - from + 1);
    setChosen((before) => new Set([...(before ?? []), ...paths]));
  }

  async function chooseAll() {
    setChosen(new Set(await pathsOf(0, total ?? 0)));
  }

  async function invert() {
    const paths = await pathsOf(0, total ?? 0);
    setChosen((before) => new Set(paths.filter((path) => !before?.has(path))));
  }

  // What a mouse does by buttons.
  useKeys({
    all: family && total ? () => void chooseAll() : undefined,
    none: chosen ? () => setChosen(undefined) : undefined,
  });

  function press(picture: Picture, index: number, { shiftKey }: MouseEvent) {
    if (!chosen) viewer.show(index);
    else if (shiftKey) void chooseTo(index);
    else toggle(picture.path, index);
  }

  function hold(index: number) {
    const picture = list.at(index);
    if (picture) toggle(picture.path, index);
  }

  async function remove(paths: string[]) {
    if (!family || !(await deletePictures(family, paths))) return;
    setChosen(chosen && new Set());
    viewer.close();
  }

  async function makeAgain(paths: string[]) {
    if (await remake(paths)) setChosen(undefined);
  }
  const again = kind.id !== 'manual' && canRemake() ? makeAgain : undefined;

  // Where there is nothing there is nothing to look through.
  if (total === 0 && !search && !library) return <Empty>{t(kind.none)}</Empty>;
  return (
    <>
      <Libraries kind={kind} chosen={library} onChoose={(next) => set({ library: next })} />
      <div class="row toolbar">
        <Search label={t('library.search', { kind: name })} value={search} onValue={(next) => set({ q: next })} />
        <Pick
          label={t('library.order')}
          value={sort}
          onValue={(next) => set({ sort: next === 'path' ? undefined : next })}
          options={kind.sorts.map((value) => ({ value, name: t(SORTS[value]) }))}
        />
        <Size />
        <span class="muted small-text grow">{total !== undefined && t('common.pictures', { n: total })}</span>
        {family && (
          <Choosing
            chosen={chosen}
            onChoose={setChosen}
            onAll={chooseAll}
            onInvert={invert}
            onDelete={remove}
            onRemake={again}
          />
        )}
      </div>
      {error !== undefined && <Problem error={asError(error)} retry={() => list.renew()} />}
      {total === undefined && error === undefined && <Loading />}
      {total === 0 && <Empty>{t('common.nothing_matches')}</Empty>}
      {Boolean(total) && list.letters.value && <Letters first={list.letters.value} onGo={setGoTo} />}
      {Boolean(total) && (
        <Grid
          goTo={goTo}
          {...(family && { onHold: hold })}
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
                whole={kind.mixed}
                place={place}
                chosen={picture && chosen?.has(picture.path)}
                onClick={(event) => picture && press(picture, index, event)}
              />
            );
          }}
        />
      )}
      {viewer.open !== undefined && (
        <Viewer
          picture={list.at(viewer.open)}
          onClose={viewer.close}
          onStep={viewer.step}
          ends={{ first: viewer.open === 0, last: viewer.open === (total ?? 0) - 1 }}
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
      label={t('library.libraries')}
      value={chosen}
      onValue={onChoose}
      options={[{ value: '', name: t('common.all_libraries') }, ...options]}
    />
  );
}

/** Ctrl+A chooses all pictures, and Escape leaves the choosing, unless something is being written. */
function useKeys({ all, none }: { all: (() => void) | undefined; none: (() => void) | undefined }) {
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (isElsewhere(event)) return;
      if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey) && all) {
        event.preventDefault();
        all();
      }
      if (event.key === 'Escape') none?.();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  });
}

function Size() {
  return (
    <input
      class="size"
      type="range"
      aria-label={t('library.size')}
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
  onAll: () => void;
  onInvert: () => void;
  onDelete: (paths: string[]) => void;
  /** Absent: these are not made here. */
  onRemake: ((paths: string[]) => void) | undefined;
}

function Choosing({ chosen, onChoose, onAll, onInvert, onDelete, onRemake }: ChoosingProps) {
  if (!chosen) {
    return (
      <button type="button" class="button" onClick={() => onChoose(new Set())}>
        {t('library.choose')}
      </button>
    );
  }
  return (
    <div class="row">
      <span role="status" title={t('library.range_help')}>
        {t('library.chosen', { n: chosen.size })}
      </span>
      <button type="button" class="button" onClick={onAll}>
        {t('library.all')}
      </button>
      <button type="button" class="button" onClick={onInvert}>
        {t('library.invert')}
      </button>
      {onRemake && (
        <button
          type="button"
          class="button"
          disabled={chosen.size === 0 || !mayRemake()}
          onClick={() => onRemake([...chosen])}
        >
          {t('library.remake')}
        </button>
      )}
      <button type="button" class="button danger" disabled={chosen.size === 0} onClick={() => onDelete([...chosen])}>
        {t('common.delete')}
      </button>
      <button type="button" class="button" onClick={() => onChoose(undefined)}>
        {t('library.done')}
      </button>
    </div>
  );
}
