/** A text that is copied at a press. */
import { Copy } from 'lucide-preact';
import { toast } from '../lib/toast';
import { t } from '../texts';

export function Copyable({ text }: { text: string }) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      toast(t('common.copied'), 'good');
    } catch {
      toast(t('common.copy_refused'), 'warn');
    }
  }
  return (
    <span class="copyable">
      <code>{text}</code>
      <button type="button" class="icon-button" aria-label={t('common.copy')} onClick={copy}>
        <Copy size={16} />
      </button>
    </span>
  );
}
