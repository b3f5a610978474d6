/** What was deleted, and can come back. */
import { body, client } from '../../api/client';
import { Card, Empty, Loaded, When } from '../../components/basics';
import { ask } from '../../components/dialog';
import { tell } from '../../components/toast';
import { bytes, duration } from '../../lib/format';
import { useResource } from '../../lib/resource';
import { plural } from '../../lib/words';
import { restore } from './delete';

export function Trash() {
  const trash = useResource((signal) => client.GET('/api/trash', { signal }).then(body), [], ['assets']);
  async function bringBack(id: string) {
    await restore([id]);
    trash.reload();
  }
  async function empty() {
    const sure = await ask({
      title: 'Empty the trash?',
      text: `${plural(trash.data?.entries.length ?? 0, 'picture')} are deleted for good.`,
      confirm: 'Empty the trash',
      danger: true,
    });
    if (sure) await tell(client.DELETE('/api/trash').then(body), (done) => done.message);
    trash.reload();
  }
  return (
    <Card
      title="Trash"
      aside={
        trash.data && (
          <div class="row">
            <span class="muted small-text">
              {bytes(trash.data.total_size)} of at most {bytes(trash.data.max_size)}
              {trash.data.max_age_seconds ? `, kept for ${duration(trash.data.max_age_seconds)}` : ''}
            </span>
            <button
              type="button"
              class="button danger small"
              disabled={trash.data.entries.length === 0}
              onClick={empty}
            >
              Empty the trash
            </button>
          </div>
        )
      }
    >
      <Loaded of={trash}>
        {(of) =>
          of.entries.length === 0 ? (
            <Empty>{of.enabled ? 'Nothing was deleted.' : 'The trash is switched off: what is deleted is gone.'}</Empty>
          ) : (
            <ul class="list">
              {of.entries.slice(0, 500).map((entry) => (
                <li key={entry.id}>
                  <span class="grow truncate">{entry.path}</span>
                  <span class="muted small-text">
                    {bytes(entry.size)}, <When at={entry.deleted_at} />
                  </span>
                  <button type="button" class="button small" onClick={() => bringBack(entry.id)}>
                    Restore
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
