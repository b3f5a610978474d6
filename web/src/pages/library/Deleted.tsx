/** What was deleted of a title, and can come back. */
import { body, client } from '../../api/client';
import { Card, When } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { caption } from '../../lib/library';
import { useResource } from '../../lib/resource';
import { t } from '../../texts';
import { restore } from './delete';

export function Deleted({ path }: { path: string }) {
  const trash = useResource((signal) => client.GET('/api/trash', { signal }).then(body), [path], ['assets']);
  const busy = useBusy();
  const here = (trash.data?.entries ?? []).filter((entry) => entry.path.startsWith(`${path}/`));
  if (here.length === 0) return null;
  return (
    <Card
      title={t('title.deleted')}
      aside={
        <button
          type="button"
          class="button small"
          disabled={busy.on}
          onClick={() => busy.while(restore(here.map(({ id }) => id)))}
        >
          {t('title.restore_all')}
        </button>
      }
    >
      <ul class="list">
        {here.map((entry) => {
          const { part } = caption(entry.path);
          return (
            <li key={entry.id}>
              <span class="grow">{part}</span>
              <span class="muted small-text">
                <When at={entry.deleted_at} />
              </span>
              <button
                type="button"
                class="button small"
                aria-label={t('title.restore_one', { part })}
                disabled={busy.on}
                onClick={() => busy.while(restore([entry.id]))}
              >
                {t('common.restore')}
              </button>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
