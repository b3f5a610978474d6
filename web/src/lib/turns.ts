/**
 * Small pictures get their addresses in turns. A browser has six connections to a daemon; hundreds of thumbnails asked for
 * at once would keep all of them busy, and what the user clicks would wait. What is scrolled away gives its turn back.
 */

/** One connection is the event stream's, one stays free. */
const AT_ONCE = 4;

/** The picture's element, as far as it matters here. */
export type Target = Pick<HTMLImageElement, 'addEventListener' | 'removeAttribute'> & { src: string };

export class Turns {
  private readonly waiting = new Set<() => void>();
  private running = 0;

  constructor(private readonly atOnce = AT_ONCE) {}

  /** Loads a picture when it is its turn. Call what is returned when the picture is not wanted any more. */
  load(target: Target, src: string): () => void {
    let state: 'waiting' | 'running' | 'over' = 'waiting';
    const begin = () => {
      state = 'running';
      this.running += 1;
      target.addEventListener('load', end, { once: true });
      target.addEventListener('error', end, { once: true });
      target.src = src;
    };
    const end = () => {
      if (state === 'running') this.running -= 1;
      state = 'over';
      this.waiting.delete(begin);
      this.next();
    };
    this.waiting.add(begin);
    this.next();
    return () => {
      if (state === 'over') return;
      // Without its address the browser drops the request.
      if (state === 'running') target.removeAttribute('src');
      end();
    };
  }

  private next() {
    for (const begin of this.waiting) {
      if (this.running >= this.atOnce) return;
      this.waiting.delete(begin);
      begin();
    }
  }
}

/** The turns of all thumbnails of the page. */
export const turns = new Turns();
