/** A long list that is fetched in pieces, as far as it is looked at. */
import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

export const PIECE = 200;

export interface Piece<T> {
  items: readonly T[];
  total: number;
}

type Fetch<T> = (offset: number, limit: number, signal: AbortSignal) => Promise<Piece<T>>;

export class LongList<T> {
  /** Goes up when something came. */
  readonly version = signal(0);
  readonly total = signal<number | undefined>(undefined);
  readonly error = signal<unknown>(undefined);
  private readonly pieces = new Map<number, readonly T[] | 'coming'>();
  private readonly controller = new AbortController();

  constructor(private readonly fetch: Fetch<T>) {}

  /** The item at a place; none until its piece has come. Asks for the piece. */
  at(index: number): T | undefined {
    const number = Math.floor(index / PIECE);
    const piece = this.pieces.get(number);
    if (piece === undefined) void this.load(number);
    return Array.isArray(piece) ? (piece as readonly T[])[index % PIECE] : undefined;
  }

  async load(number: number) {
    if (this.pieces.has(number)) return;
    this.pieces.set(number, 'coming');
    try {
      const piece = await this.fetch(number * PIECE, PIECE, this.controller.signal);
      this.pieces.set(number, piece.items);
      this.total.value = piece.total;
      this.error.value = undefined;
      this.version.value += 1;
    } catch (error) {
      this.pieces.delete(number);
      if (!this.controller.signal.aborted) this.error.value = error;
    }
  }

  end() {
    this.controller.abort();
  }
}

/** A list that is made anew when one of the dependencies changes. */
export function useLongList<T>(fetch: Fetch<T>, dependencies: readonly unknown[]): LongList<T> {
  const list = useMemo(() => new LongList(fetch), dependencies);
  useEffect(() => {
    void list.load(0);
    return () => list.end();
  }, [list]);
  return list;
}
