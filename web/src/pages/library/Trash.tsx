/** What was deleted, and can come back. */
import type { components } from '../../../types/schema';
import { body, client } from '../../api/client';
import { Card, Empty, Loaded, When } from '../../components/basics';
import { ask } from '../../components/dialog';
import { bytes, duration } from '../../lib/format';
import { useResource } from '../../lib/resource';
import { tell } from '../../lib/toast';
import { t } from '../../texts';
import { restore } from './delete';

/** How much it holds, how much it may, and how long. */
function limits(of: components['schemas']['TrashList']): string {
  const sizes = { size: bytes(of.total_size), max: bytes(of.max_size) };
  if (!of.max_age_seconds) return t('library.trash_size', sizes);
  return t('library.trash_limits', { ...sizes, time: duration(of.max_age_seconds) });
}

export function Trash() {
  const trash = useResource((signal) => client.GET('/api/trash', { signal }).then(body), [], ['assets']);
  async function bringBack(id: string) {
    await restore([id]);
    trash.reload();
  }
  async function empty() {
    const sure = await ask({
      title: t('library.empty_trash_title'),
      text: t('library.empty_trash_text', { n: trash.data?.entries.length ?? 0 }),
      confirm: t('library.empty_trash'),
      danger: true,
    });
    if (sure) await tell(client.DELETE('/api/trash'), t('library.emptied'));
    trash.reload();
  }
  return (
    <Card
      title={t('library.trash')}
      aside={
        trash.data && (
          <div class="row">
            <span class="muted small-text">{limits(trash.data)}</span>
            <button
              type="button"
              class="button danger small"
              disabled={trash.data.entries.length === 0}
              onClick={empty}
            >
              {t('library.empty_trash')}
            </button>
          </div>
        )
      }
    >
      <Loaded of={trash}>
        {(of) =>
          of.entries.length === 0 ? (
            <Empty>{of.enabled ? t('library.nothing_deleted') : t('library.trash_off')}</Empty>
          ) : (
            <ul class="list">
              {of.entries.slice(0, 500).map((entry) => (
                <li key={entry.id}>
                  <span class="grow">{entry.path}</span>
                  <span class="muted small-text">
                    {bytes(entry.size)} · <When at={entry.deleted_at} />
                  </span>
                  <button type="button" class="button small" onClick={() => bringBack(entry.id)}>
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
