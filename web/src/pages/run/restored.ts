/** What is asked before saved artwork is given back. */
import { t, word } from '../../texts';

/** One sentence that says what is replaced, and by what. */
export function restored({ library, item, kind }: { library: string; item: string; kind: string }): string {
  const scope = scopeOf(library.trim(), item.trim());
  return kind ? t('restore.what', { kinds: word('kinds', kind), scope }) : t('restore.what_any', { scope });
}

function scopeOf(library: string, item: string): string {
  if (item) return library ? t('restore.of_item_in', { item, library }) : t('restore.of_item', { item });
  return library ? t('restore.in_library', { library }) : t('restore.all');
}
