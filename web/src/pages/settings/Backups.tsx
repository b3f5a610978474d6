/** Earlier versions of config.json. */
import type { components } from '../../../types/schema';
import { body, client } from '../../api/client';
import { Card, Empty, Loaded, When } from '../../components/basics';
import { ask } from '../../components/dialog';
import { bytes } from '../../lib/format';
import { useResource } from '../../lib/resource';
import { tell } from '../../lib/toast';
import { t } from '../../texts';

type Backup = components['schemas']['ConfigBackup'];

export function Backups({ reload }: { reload: () => void }) {
  const backups = useResource((signal) => client.GET('/api/config/backups', { signal }).then(body), [], ['config']);
  async function restore(backup: Backup) {
    const sure = await ask({
      title: t('settings.restore_title'),
      text: t('settings.restore_text'),
      confirm: t('common.restore'),
    });
    if (!sure) return;
    await tell(
      client.POST('/api/config/restore/{id}', { params: { path: { id: backup.id } } }),
      t('settings.restored'),
    );
    backups.reload();
    reload();
  }
  return (
    <Card title={t('settings.earlier')}>
      <Loaded of={backups}>
        {({ backups: found }) =>
          found.length === 0 ? (
            <Empty>{t('settings.no_backups')}</Empty>
          ) : (
            <ul class="list">
              {found.map((backup) => (
                <li key={backup.id}>
                  <span class="grow">
                    <When at={backup.replaced} /> <code class="muted">{backup.id}</code>
                  </span>
                  <span class="muted small-text">{bytes(backup.size)}</span>
                  <button type="button" class="button small" onClick={() => restore(backup)}>
                    {t('common.restore')}
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
