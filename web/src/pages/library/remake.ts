/** Having pictures made again. */
import { body, client } from '../../api/client';
import { ask } from '../../components/dialog';
import { caption } from '../../lib/library';
import { tell, toast } from '../../lib/toast';
import { refreshStatus, status } from '../../live/state';
import { t } from '../../texts';

/** How many the daemon takes at once. */
const AT_MOST = 500;

/** Only the built-in engine makes single pictures again. */
export function canRemake(): boolean {
  return status.value?.runner.kind === 'native';
}

/** Whether they can be made now. */
export function mayRemake(): boolean {
  return !status.value?.running;
}

function remakeTitle([first, ...others]: readonly string[]): string {
  if (first === undefined || others.length > 0) return t('library.remake_many', { n: others.length + 1 });
  return t('library.remake_one', { ...caption(first) });
}

/** Asks, and starts it. Tells whether it was started. */
export async function remake(paths: readonly string[]): Promise<boolean> {
  if (paths.length > AT_MOST) {
    toast(t('library.remake_too_many', { most: AT_MOST, n: paths.length }), 'bad');
    return false;
  }
  const sure = await ask({
    title: remakeTitle(paths),
    text: t('library.remake_text', { n: paths.length }),
    confirm: t('library.remake'),
  });
  if (!sure) return false;
  const started = await tell(
    client.POST('/api/assets/remake', { body: { paths: [...paths] } }).then(body),
    t('library.remade', { n: paths.length }),
  );
  await refreshStatus().catch(() => {});
  return started !== undefined;
}
