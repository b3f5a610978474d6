/**
 * Keeps the focus near where it was. A browser drops it to the page's beginning when the element that has it goes or is switched
 * off: after "Discard", "Remove", a press of the last "Move up". Whoever works by keyboard would have to start over.
 */

/** What had the focus last, and the elements around it from the inside out. */
let last: HTMLElement[] = [];

/** Starts watching; gives what ends it. */
export function keepFocus(): () => void {
  const remember = ({ target }: FocusEvent) => {
    last = [];
    for (let one = target as HTMLElement | null; one; one = one.parentElement) last.push(one);
  };
  const observer = new MutationObserver(restore);
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled'] });
  addEventListener('focusin', remember);
  return () => {
    observer.disconnect();
    removeEventListener('focusin', remember);
  };
}

function restore() {
  const [lost, ...around] = last;
  if (!lost || (lost.isConnected && !isOff(lost))) return;
  if (document.activeElement && document.activeElement !== document.body && document.activeElement !== lost) return;
  // The dialog that was closed, or the page that was left, is not where to go on.
  const near = around.find((one) => one.isConnected && one !== document.body && one !== document.documentElement);
  const place = near?.closest('main, dialog, nav') ? near : document.querySelector<HTMLElement>('main');
  last = [];
  focusOn(place ?? null);
}

/** The first thing in a place that can be worked with; the place itself where there is none. */
function focusOn(place: HTMLElement | null) {
  if (!place) return;
  const inside = place.tagName === 'MAIN' ? [...place.querySelectorAll<HTMLElement>('h1')] : focusable(place);
  const next = inside.find((one) => !isOff(one)) ?? place;
  if (next.tabIndex < 0) next.tabIndex = -1;
  next.focus({ preventScroll: true });
}

function focusable(place: HTMLElement): HTMLElement[] {
  return [...place.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea')];
}

function isOff(element: HTMLElement): boolean {
  return element.matches(':disabled');
}
