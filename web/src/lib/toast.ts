/** Short notices: which are shown, and for how long. `components/toast` shows them. */
import { signal } from '@preact/signals';
import { asError } from './errors';
import type { Tone } from './words';

interface Notice {
  id: number;
  text: string;
  tone: Tone;
  action?: Action | undefined;
}

interface Action {
  label: string;
  run: () => void;
}

export const notices = signal<Notice[]>([]);
let next = 1;

/** What went wrong stays until it is closed. */
const SHOWN_FOR = 6_000;
/** A notice with an action, such as undo, stays longer. */
const SHOWN_WITH_ACTION = 15_000;

export function toast(text: string, tone: Tone = 'plain', action?: Action) {
  const notice: Notice = { id: next++, text, tone, action };
  notices.value = [...notices.value.slice(-3), notice];
  if (tone !== 'bad') setTimeout(() => dismiss(notice.id), action ? SHOWN_WITH_ACTION : SHOWN_FOR);
}

export function dismiss(id: number) {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Does something and says what became of it; a failure is told in the daemon's words. */
export async function tell<T>(work: Promise<T>, success?: string | ((value: T) => string)): Promise<T | undefined> {
  try {
    const value = await work;
    if (success) toast(typeof success === 'string' ? success : success(value), 'good');
    return value;
  } catch (error) {
    toast(asError(error).message, 'bad');
    return undefined;
  }
}
