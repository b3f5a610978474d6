/** A long list that is fetched in pieces, as far as it is looked at. */
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { listening } from '../live/stream';

export const PIECE = 200;

export interface Piece<T> {
  items: readonly T[];
  total: number;
  /** Where each letter begins, in a list by title. */
  letters?: Letters | undefined;
}

export type Letters = ReadonlyMap<string, number>;

type Fetch<T> = (offset: number, limit: number, signal: AbortSignal) => Promise<Piece<T>>;

interface Held<T> {
  items: readonly T[];
  /** The edition that it belongs to. */
  edition: number;
}

export class LongList<T> {
  /** Goes up when something came, or must be asked for anew. */
  readonly version = signal(0);
  readonly total = signal<number | undefined>(undefined);
  readonly letters = signal<Letters | undefined>(undefined);
  readonly error = signal<unknown>(undefined);
  private readonly pieces = new Map<number, Held<T>>();
  private readonly coming = new Set<number>();
  private readonly controller = new AbortController();
  private edition = 0;

  constructor(private readonly fetch: Fetch<T>) {}

  /** The item at a place; none until its piece has come. Asks for the piece. */
  at(index: number): T | undefined {
    const number = Math.floor(index / PIECE);
    void this.load(number);
    return this.pieces.get(number)?.items[index % PIECE];
  }

  async load(number: number) {
    if (this.coming.has(number) || this.pieces.get(number)?.edition === this.edition) return;
    this.coming.add(number);
    const edition = this.edition;
    try {
      const piece = await this.fetch(number * PIECE, PIECE, this.controller.signal);
      this.pieces.set(number, { items: piece.items, edition });
      this.total.value = piece.total;
      this.letters.value = piece.letters;
      this.error.value = undefined;
    } catch (error) {
      // It is not asked for again by itself: what fails would be asked for without end.
      this.pieces.set(number, { items: this.pieces.get(number)?.items ?? [], edition });
      if (!this.controller.signal.aborted) this.error.value = error;
    }
    this.coming.delete(number);
    this.version.value += 1;
  }

  /** What is there may be old: it stays until it has been asked for again. */
  renew() {
    this.edition += 1;
    this.version.value += 1;
    void this.load(0);
  }

  end() {
    this.controller.abort();
  }
}

/** A list that is made anew when one of the dependencies changes, and kept current when there is news. */
export function useLongList<T>(fetch: Fetch<T>, dependencies: readonly unknown[], news: number): LongList<T> {
  const list = useMemo(() => new LongList(fetch), dependencies);
  const known = useRef(news);
  useEffect(() => {
    void listening().then(() => list.load(0));
    return () => list.end();
  }, [list]);
  useEffect(() => {
    if (known.current === news) return;
    known.current = news;
    list.renew();
  }, [list, news]);
  // The one before is shown until the new one has come.
  const shown = useRef(list);
  if (list.total.value !== undefined || list.error.value !== undefined) shown.current = list;
  return shown.current;
}
