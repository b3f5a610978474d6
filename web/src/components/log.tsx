/** Log lines with colours; any number of them, since only those in view are drawn. */

import type { Ref } from 'preact';
import { useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'preact/hooks';
import { levelOf } from '../lib/logline';
import { remembered } from '../lib/settings';
import { useVirtualRows } from '../lib/virtual';
import { t } from '../texts';

const LINE_HEIGHT = 20;
/** `[2026-11-25 19:01:06] [INFO]    |L.67   | text`, and the daemon's own logs with no line number. */
const PARTS = /^(\[\d{4}-\d\d-\d\d[ T])(\d\d:\d\d:\d\d)([^\]]*\] ?\[[^\]]*\] *(?:\|[^|]*\| ?)?)(.*)$/;

/** A line as it is; on a phone only what differs from line to line: time and text. */
function Line({ of, needle }: { of: string; needle: string }) {
  const [, date, time, level, text] = PARTS.exec(of) ?? [];
  if (text === undefined) return <Marked text={of || ' '} needle={needle} />;
  return (
    <>
      <span class="not-on-phones">{date}</span>
      {time}
      <span class="not-on-phones">{level}</span>
      <span class="only-on-phones"> </span>
      <Marked text={text} needle={needle} />
    </>
  );
}

/** A text in which what was searched for is seen. */
function Marked({ text, needle }: { text: string; needle: string }) {
  const at = needle ? text.toLowerCase().indexOf(needle.toLowerCase()) : -1;
  if (at < 0) return <>{text}</>;
  const end = at + needle.length;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, end)}</mark>
      <Marked text={text.slice(end)} needle={needle} />
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
  /** What is searched for. */
  needle?: string;
}

/** Whether long lines are broken, or lead out of the window. */
export const wrapped = remembered('log-wrap', true);

export function LogLines({ lines, follow = false, onFollow, handle, marked, needle = '' }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualRows({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  const wraps = wrapped.value;
  // What was measured in the other way counts no more.
  useLayoutEffect(() => rows.measure(), [rows, wraps]);
  const height = rows.getTotalSize();
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, lines, height]);
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
    <div
      class={wraps ? 'log wrapped' : 'log'}
      ref={box}
      onScroll={scrolled}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      role="log"
      aria-label={t('logs.lines')}
      aria-live="off"
    >
      <div class="log-sheet" style={{ height: `${height}px` }}>
        {rows.getVirtualItems().map((row) => {
          const line = lines[row.index] ?? '';
          const level = levelOf(line);
          const kind = [level ? `level-${level.toLowerCase()}` : '', row.index === marked ? 'marked' : ''].join(' ');
          return (
            <div
              key={row.key}
              ref={wraps ? rows.measureElement : null}
              data-index={row.index}
              class={`log-line ${kind}`}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <Line of={line.trimEnd()} needle={needle} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
