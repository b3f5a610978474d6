/** Where a key leads in a grid. */

interface Sheet {
  from: number;
  count: number;
  columns: number;
  perPage: number;
}

/** The place that a key leads to from another; none for keys that do not move, and at the edges. */
export function target(key: string, { from, count, columns, perPage }: Sheet): number | undefined {
  const last = count - 1;
  // A step down from above a row that is not full ends at its last.
  const down = Math.floor(from / columns) < Math.floor(last / columns) ? Math.min(from + columns, last) : from;
  const places: Record<string, number> = {
    ArrowRight: from + 1,
    ArrowLeft: from - 1,
    ArrowDown: down,
    ArrowUp: from - columns,
    PageDown: Math.min(from + perPage, last),
    PageUp: Math.max(from - perPage, 0),
    Home: 0,
    End: last,
  };
  const place = places[key];
  return place === undefined || place < 0 || place > last ? undefined : place;
}
