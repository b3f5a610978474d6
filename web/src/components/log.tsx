/** Log lines with colours; any number of them, since only those in view are drawn. */

import type { Ref } from 'preact';
import { useEffect, useImperativeHandle, useRef } from 'preact/hooks';
import { levelOf } from '../lib/logline';
import { useVirtualRows } from '../lib/virtual';

const LINE_HEIGHT = 20;
/** `[2026-11-25 19:01:06] [INFO]    |L.67   | text`, and the daemon's own logs with no line number. */
const PARTS = /^(\[\d{4}-\d\d-\d\d[ T])(\d\d:\d\d:\d\d)([^\]]*\] ?\[[^\]]*\] *(?:\|[^|]*\| ?)?)(.*)$/;

/** A line as it is; on a phone only what differs from line to line: time and text. */
function Line({ of }: { of: string }) {
  const [, date, time, level, text] = PARTS.exec(of) ?? [];
  if (text === undefined) return <>{of || ' '}</>;
  return (
    <>
      <span class="not-on-phones">{date}</span>
      {time}
      <span class="not-on-phones">{level}</span>
      <span class="only-on-phones"> </span>
      {text}
    </>
  );
}

export interface LogHandle {
  scrollTo: (line: number) => void;
}

interface LogProps {
  lines: readonly string[];
  /** Keeps the newest line in view. */
  follow?: boolean;
  /** The user scrolled away from the end, or back to it. */
  onFollow?: (follow: boolean) => void;
  handle?: Ref<LogHandle>;
  marked?: number | undefined;
}

export function LogLines({ lines, follow = false, onFollow, handle, marked }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualRows({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, lines]);
  useImperativeHandle(handle ?? null, () => ({ scrollTo: (line) => rows.scrollToIndex(line, { align: 'center' }) }), [
    rows,
  ]);

  function scrolled() {
    const of = box.current;
    if (!of || !onFollow) return;
    const atEnd = of.scrollHeight - of.scrollTop - of.clientHeight < LINE_HEIGHT * 2;
    if (atEnd !== follow) onFollow(atEnd);
  }

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div class="log" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-label="Log lines" aria-live="off">
      <div class="log-sheet" style={{ height: `${rows.getTotalSize()}px` }}>
        {rows.getVirtualItems().map((row) => {
          const line = lines[row.index] ?? '';
          const level = levelOf(line);
          const kind = [level ? `level-${level.toLowerCase()}` : '', row.index === marked ? 'marked' : ''].join(' ');
          return (
            <div key={row.key} class={`log-line ${kind}`} style={{ transform: `translateY(${row.start}px)` }}>
              <Line of={line.trimEnd()} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
