/** The time of day as a signal, for texts such as `2 minutes ago`. It stands still while the page is hidden. */
import { signal } from '@preact/signals';
import { remembered } from './settings';

export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);

/** Whether times are shown as they are, and not as counted from now. */
export const exactTimes = remembered('exact-times', false);
