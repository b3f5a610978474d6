/** The time of day as a signal, for texts such as `2 minutes ago`. It stands still while the page is hidden. */
import { signal } from '@preact/signals';

export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);
