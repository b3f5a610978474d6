/** Where in a long list somebody is, and the way to its other pages. */
import { ChevronLeft, ChevronRight } from 'lucide-preact';
import { number } from '../lib/format';
import { t } from '../texts';

interface PagerProps {
  /** What the pages are of, for people who do not see them. */
  label: string;
  /** From 0. */
  page: number;
  size: number;
  total: number;
  onPage: (page: number) => void;
}

export function Pager({ label, page, size, total, onPage }: PagerProps) {
  if (total <= size) return null;
  const last = Math.ceil(total / size) - 1;
  const from = page * size + 1;
  const to = Math.min(total, from + size - 1);
  return (
    <nav class="row pager" aria-label={label}>
      <button type="button" class="button small" disabled={page <= 0} onClick={() => onPage(page - 1)}>
        <ChevronLeft size={16} aria-hidden="true" /> {t('common.previous')}
      </button>
      <span class="muted small-text">
        {t('common.range', { from: number(from), to: number(to), total: number(total) })}
      </span>
      <button type="button" class="button small" disabled={page >= last} onClick={() => onPage(page + 1)}>
        {t('common.next')} <ChevronRight size={16} aria-hidden="true" />
      </button>
    </nav>
  );
}
