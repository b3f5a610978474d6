/** Keys that mean something wherever the focus is. */

/** Whether a key belongs to what has the focus, or to the dialog that is open, and not to the page. */
export function isElsewhere({ target, defaultPrevented }: KeyboardEvent): boolean {
  if (defaultPrevented || document.querySelector('dialog[open]')) return true;
  return target instanceof Element && target.matches('input:not([type=checkbox], [type=range]), textarea, select');
}
