/** Short notices at the edge of the page, announced to screen readers. */
import { signal } from '@preact/signals';
import { X } from 'lucide-preact';
import { dismiss, notices } from '../lib/toast';
import { t } from '../texts';

/** How many dialogs are open. What is behind one can be neither seen nor heard. */
export const dialogs = signal(0);

/** The notices, shown by the dialog in front, or else by the page, which is no dialog. */
export function Toasts({ dialog = 0 }: { dialog?: number }) {
  if (dialog !== dialogs.value) return null;
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
