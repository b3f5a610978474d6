/** Gives the media server back what it showed of a title before. */
import { body, client } from '../../api/client';
import { useBusy } from '../../components/busy';
import { ask } from '../../components/dialog';
import { tell } from '../../lib/toast';
import { modeName } from '../../lib/words';
import { refreshStatus } from '../../live/state';
import { t } from '../../texts';
import { restored } from '../run/restored';
import { canRemake, mayRemake } from './remake';

export function GiveBack({ path }: { path: string }) {
  const busy = useBusy();
  // Only the built-in engine does it.
  if (!canRemake()) return null;
  const at = path.indexOf('/');
  const [library, item] = [path.slice(0, at), path.slice(at + 1)];
  async function giveBack() {
    const sure = await ask({
      title: t('restore.question'),
      text: restored({ library, item, kind: '' }),
      confirm: t('common.restore'),
      danger: true,
    });
    if (!sure) return;
    const run = client.POST('/api/run/restore', { params: { query: { library, item } } }).then(body);
    await tell(run, t('run.started', { run: modeName('restore') }));
    await refreshStatus().catch(() => {});
  }
  return (
    <button type="button" class="button" disabled={busy.on || !mayRemake()} onClick={() => busy.while(giveBack())}>
      {t('title.give_back')}
    </button>
  );
}
