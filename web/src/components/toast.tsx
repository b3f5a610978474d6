/** Short notices at the edge of the page, announced to screen readers. */
import { signal } from '@preact/signals';
import { X } from 'lucide-preact';
import { asError } from '../lib/errors';
import type { Tone } from '../lib/words';
import { t } from '../texts';

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

const notices = signal<Notice[]>([]);
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

function dismiss(id: number) {
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

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div class={`toast tone-${notice.tone}`} key={notice.id}>
          <span>{notice.text}</span>
          {notice.action && (
            <button
              type="button"
              class="button small"
              onClick={() => {
                notice.action?.run();
                dismiss(notice.id);
              }}
            >
              {notice.action.label}
            </button>
          )}
          <button
            type="button"
            class="icon-button"
            aria-label={t('frame.close_notice')}
            onClick={() => dismiss(notice.id)}
          >
            <X size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
