/** Which picture of a list is open. It is in the address: Back closes it, and a reload finds it again. */
import { useRef } from 'preact/hooks';
import type { SetQuery } from '../../lib/query';

export function useViewer(query: URLSearchParams, setQuery: SetQuery, total: number | undefined) {
  // Opened here, Back leads to the list; a link may have led to the picture at once.
  const openedHere = useRef(false);
  const last = (total ?? 1) - 1;
  const wanted = Number.parseInt(query.get('picture') ?? '', 10) - 1;
  const open = wanted >= 0 && (total === undefined || wanted <= last) ? wanted : undefined;
  const named = (index: number) => ({ picture: String(index + 1) });
  return {
    open,
    show(index: number) {
      openedHere.current = true;
      setQuery(named(index));
    },
    step(by: 1 | -1) {
      if (open !== undefined) setQuery(named(Math.min(Math.max(open + by, 0), last)), { replace: true });
    },
    close() {
      if (open === undefined) return;
      if (openedHere.current) history.back();
      else setQuery({ picture: undefined }, { replace: true });
      openedHere.current = false;
    },
  };
}
