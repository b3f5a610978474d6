/** What a page is set to, kept in the address: a reload, Back and a shared link find it again. */
import { useCallback } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';

type Changes = Record<string, string | undefined>;

/** `replace`: Back does not lead to the address before. */
export type SetQuery = (changes: Changes, options?: { replace?: boolean }) => void;

/** The words after the `?`, and how to change some of them. */
export function useQuery(): [URLSearchParams, SetQuery] {
  // Only tells of changes: it decodes more than it should.
  useSearch();
  const [, navigate] = useLocation();
  const set = useCallback<SetQuery>(
    (changes, { replace = false } = {}) => {
      const search = withChanges(location.search, changes);
      navigate(`~${location.pathname}${search}`, { replace });
    },
    [navigate],
  );
  return [new URLSearchParams(location.search), set];
}

/** An empty word is left out of the address. */
export function withChanges(search: string, changes: Changes): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  return text && `?${text}`;
}
