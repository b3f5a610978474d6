/** Deleting pictures, with a way back. */
import type { components } from '../../../types/schema';
import { body, client, refusalText, request } from '../../api/client';
import { ask } from '../../components/dialog';
import { caption } from '../../lib/library';
import { tell, toast } from '../../lib/toast';
import { changed } from '../../live/state';
import { t } from '../../texts';

type Bulk = components['schemas']['ImagesDeleted'];

/** Whether what is deleted can come back. Where that cannot be told, the daemon keeps it, as it does unless it was told otherwise. */
export async function trashIsOn(): Promise<boolean> {
  return client.GET('/api/trash').then(
    (answer) => body(answer).enabled,
    () => true,
  );
}

/** Asks, deletes, and offers to undo. Tells whether something was deleted. */
export async function deletePictures(family: string, paths: string[]): Promise<boolean> {
  const [first] = paths;
  if (first === undefined) return false;
  const { title, part } = caption(first);
  const named = { paths: paths.slice(0, 5).join(', ') + (paths.length > 5 ? ' …' : '') };
  const sure = await ask({
    title:
      paths.length === 1 ? t('library.delete_one', { title, part }) : t('library.delete_many', { n: paths.length }),
    text: (await trashIsOn()) ? t('library.delete_text', named) : t('library.delete_text_for_good', named),
    confirm: t('common.delete'),
    danger: true,
  });
  if (!sure) return false;
  const answer = await tell(request<Bulk>('POST', `${family}/bulk-delete`, { body: { paths } }));
  if (!answer) return false;
  changed('assets');
  for (const { path, error } of answer.failed.slice(0, 3)) toast(`${path}: ${error}`, 'bad');
  if (answer.deleted.length === 0) return false;
  const ids = answer.trashed.map((entry) => entry.id);
  toast(
    t('library.deleted', { n: answer.deleted.length }),
    'good',
    ids.length ? { label: t('common.undo'), run: () => void restore(ids) } : undefined,
  );
  return true;
}

/** Brings pictures back from the trash. */
export async function restore(ids: string[]) {
  const done = await tell(client.POST('/api/trash/restore', { body: { ids } }).then(body));
  for (const { error, code } of done?.failed.slice(0, 3) ?? []) toast(refusalText(code, error), 'bad');
  changed('assets');
}
