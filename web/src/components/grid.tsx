/**
 * A grid of any number of tiles, of which only those in view exist. One tile is in the tab order; arrow keys, Home, End and
 * Page Up and Down move to another one.
 */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { target } from '../lib/arrows';
import { useHold } from '../lib/hold';
import { keepPlace, keptPlace } from '../lib/place';
import { useVirtualRows } from '../lib/virtual';

/** What a tile's element is given, so that it can be moved to. */
export interface Place {
  'data-index': number;
  tabIndex: number;
}

interface GridProps {
  count: number;
  /** The wished width of a tile in pixels; the real one fills the row. */
  width: number;
  /** Width over height of the picture in a tile. */
  ratio: number;
  label: string;
  /** Where to go: another object leads there, to the tile and its focus. */
  goTo?: { index: number } | undefined;
  tile: (index: number, place: Place) => ComponentChildren;
  /** A tile was pressed for long. */
  onHold?: (index: number) => void;
}

const GAP = 14;
const CAPTION = 46;

export function Grid({ count, width, ratio, label, goTo, tile, onHold }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const inner = useWidth(box);
  const columns = Math.max(2, Math.floor((inner + GAP) / (width + GAP)));
  const tileWidth = (inner - GAP * (columns - 1)) / columns;
  const rowHeight = Math.max(1, tileWidth / ratio + CAPTION + GAP);
  const rows = useVirtualRows({
    count: Math.ceil(count / columns),
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 2,
  });
  useLayoutEffect(() => rows.measure(), [rowHeight]);

  // Back leads to where the list was left.
  const left = useRef(keptPlace());
  useLayoutEffect(() => {
    const element = box.current;
    if (left.current === undefined || !element || inner === 0) return;
    if (element.scrollHeight - element.clientHeight < left.current) return;
    element.scrollTop = left.current;
    left.current = undefined;
  });

  const hold = useHold((target) => {
    const index = target.closest<HTMLElement>('[data-index]')?.dataset.index;
    if (index !== undefined) onHold?.(Number(index));
  });
  const [current, setCurrent] = useState(0);
  const wanted = useRef<number>();
  const shown = rows.getVirtualItems();
  const first = (shown[0]?.index ?? 0) * columns;
  const last = Math.min(count, ((shown.at(-1)?.index ?? 0) + 1) * columns) - 1;
  // Somebody may have scrolled away from where they were.
  const reachable = Math.min(Math.max(current, first), last);

  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const element = box.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!element) return;
    wanted.current = undefined;
    element.focus({ preventScroll: true });
  });

  function move(event: KeyboardEvent) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const perPage = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight)) * columns;
    const next = target(event.key, { from: reachable, count, columns, perPage });
    if (next === undefined) return;
    event.preventDefault();
    go(next, 'auto');
  }

  function go(index: number, align: 'auto' | 'start') {
    wanted.current = index;
    setCurrent(index);
    rows.scrollToIndex(Math.floor(index / columns), { align });
  }

  useLayoutEffect(() => {
    if (goTo) go(goTo.index, 'start');
  }, [goTo]);

  return (
    <section
      class="grid"
      ref={box}
      aria-label={label}
      onKeyDown={move}
      onScroll={(event) => {
        left.current = undefined;
        keepPlace(event.currentTarget.scrollTop);
      }}
      {...(onHold && hold)}
    >
      <div class="grid-sheet" style={{ height: `${rows.getTotalSize()}px` }}>
        {inner > 0 &&
          shown.map((row) => (
            <div
              key={row.key}
              class="grid-row"
              style={{
                transform: `translateY(${row.start}px)`,
                gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
                gap: `${GAP}px`,
                '--ratio': String(ratio),
              }}
              onFocusIn={(event) => setCurrent(Number((event.target as HTMLElement).dataset.index ?? current))}
            >
              {Array.from({ length: Math.min(columns, count - row.index * columns) }, (_, column) => {
                const index = row.index * columns + column;
                return tile(index, { 'data-index': index, tabIndex: index === reachable ? 0 : -1 });
              })}
            </div>
          ))}
      </div>
    </section>
  );
}

function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      const style = getComputedStyle(element);
      setWidth(element.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [box]);
  return width;
}
