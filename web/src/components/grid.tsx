/** A grid of any number of tiles, of which only those in view exist. It scrolls with the window. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useVirtualRows } from '../lib/virtual';

interface GridProps {
  count: number;
  /** The wished width of a tile in pixels; the real one fills the row. */
  width: number;
  /** Width over height of the picture in a tile. */
  ratio: number;
  label: string;
  tile: (index: number) => ComponentChildren;
}

const GAP = 14;
const CAPTION = 46;

export function Grid({ count, width, ratio, label, tile }: GridProps) {
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
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section class="grid" ref={box} tabIndex={0} aria-label={label}>
      <div class="grid-sheet" style={{ height: `${rows.getTotalSize()}px` }}>
        {inner > 0 &&
          rows.getVirtualItems().map((row) => (
            <div
              key={row.key}
              class="grid-row"
              style={{
                transform: `translateY(${row.start}px)`,
                gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
                gap: `${GAP}px`,
                '--ratio': String(ratio),
              }}
            >
              {Array.from({ length: Math.min(columns, count - row.index * columns) }, (_, column) =>
                tile(row.index * columns + column),
              )}
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
