/** Deleting pictures, with a way back. */
import { client, request } from '../../api/client';
import { ask } from '../../components/dialog';
import { tell, toast } from '../../components/toast';
import { caption } from '../../lib/library';
import { plural } from '../../lib/words';
import { changed } from '../../live/state';

interface Bulk {
  deleted: string[];
  failed: { path: string; error: string }[];
  trashed: { path: string; id: string }[];
}

/** Asks, deletes, and offers to undo. Tells whether something was deleted. */
export async function deletePictures(of: { family: string; name: string }, paths: string[]): Promise<boolean> {
  const [first] = paths;
  if (first === undefined) return false;
  const { title, part } = caption(first);
  const what = paths.length === 1 ? `${part} of ${title}` : plural(paths.length, 'picture');
  const sure = await ask({
    title: `Delete ${what}?`,
    text: paths.length === 1 ? first : `${of.name}: ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' …' : ''}`,
    confirm: 'Delete',
    danger: true,
  });
  if (!sure) return false;
  const answer = await tell(request<Bulk>('POST', `${of.family}/bulk-delete`, { body: { paths } }));
  if (!answer) return false;
  changed('assets');
  for (const { path, error } of answer.failed.slice(0, 3)) toast(`${path}: ${error}`, 'bad');
  if (answer.deleted.length === 0) return false;
  const ids = answer.trashed.map((entry) => entry.id);
  toast(
    `Deleted ${plural(answer.deleted.length, 'picture')}`,
    'good',
    ids.length ? { label: 'Undo', run: () => void restore(ids) } : undefined,
  );
  return true;
}

/** Brings pictures back from the trash. */
export async function restore(ids: string[]) {
  for (const id of ids) {
    const done = await tell(client.POST('/api/trash/{id}/restore', { params: { path: { id } } }));
    if (!done) break;
  }
  changed('assets');
}
