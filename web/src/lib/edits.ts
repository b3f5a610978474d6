/** What was changed on the settings page and is not saved. It stays while other pages are looked at. */
import { computed, effect, signal } from '@preact/signals';
import type { Values } from './config';
import { PASSWORD } from './login';

export const edits = signal<Values>({});

/** The new password of the login once more. */
export const passwordAgain = signal('');

// Discarded or saved, the next one is written twice anew.
effect(() => {
  if (!(PASSWORD in edits.value)) passwordAgain.value = '';
});

/** By key: the new value, or null for what holds without what is saved. */
export type DaemonEdits = Record<string, string | null>;

/** The same of the daemon's own settings. */
export const daemonEdits = signal<DaemonEdits>({});

/** How many settings differ from what is stored. */
export const unsaved = computed(() => Object.keys(edits.value).length + Object.keys(daemonEdits.value).length);

// The browser asks before the window is closed.
effect(() => {
  if (unsaved.value === 0) return;
  const guard = (event: BeforeUnloadEvent) => event.preventDefault();
  addEventListener('beforeunload', guard);
  return () => removeEventListener('beforeunload', guard);
});
