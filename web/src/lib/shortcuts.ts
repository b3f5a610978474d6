/** Keys that lead somewhere, wherever the focus is, unless something is being written or a question is open. */
import { isElsewhere } from './keys';
import { remembered } from './settings';

/** Keys alone may be pressed by speech or by accident: they can be switched off. */
export const shortcutsOn = remembered('shortcuts', true);

/** The second of the two keys that lead to a page; the first one is `g`. */
export const PAGE_KEYS: Readonly<Record<string, string>> = {
  d: '/',
  r: '/run',
  l: '/library',
  a: '/actions',
  s: '/schedules',
  t: '/triggers',
  h: '/history',
  o: '/logs',
  e: '/exports',
  c: '/settings',
  i: '/about',
};

interface Does {
  go: (link: string) => void;
  /** `?`: what keys there are. */
  help: () => void;
  /** `x`: times as they are, or as they are counted from now. */
  times: () => void;
}

/** How long the second of two keys is waited for, in milliseconds. */
const PATIENCE = 1_500;

/** Starts listening; gives what ends it. */
export function listen({ go, help, times }: Does): () => void {
  let leading = 0;
  function pressed(event: KeyboardEvent) {
    if (!shortcutsOn.value || event.ctrlKey || event.altKey || event.metaKey || isElsewhere(event)) return;
    const link = Date.now() - leading < PATIENCE ? PAGE_KEYS[event.key] : undefined;
    leading = event.key === 'g' ? Date.now() : 0;
    const does = link ? () => go(link) : { '/': search, '?': help, x: times }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }
  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}

/** The first search of the page. */
function search() {
  const field = document.querySelector<HTMLInputElement>('main input[type=search]');
  field?.focus();
  field?.select();
}
