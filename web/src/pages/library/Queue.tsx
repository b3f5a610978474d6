/** Pictures that wait to replace others: letting them go, seeing how far they are, and taking them out. */
import { useState } from 'preact/hooks';
import { body, client } from '../../api/client';
import { Badge, Empty, Loaded, When } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { ask } from '../../components/dialog';
import { Own } from '../../components/finding';
import { caption } from '../../lib/library';
import { type Clause, reasonOf } from '../../lib/reasons';
import { type QueueItem, queue } from '../../lib/replacing';
import { useResource } from '../../lib/resource';
import { tell } from '../../lib/toast';
import { plainReason, type Tone } from '../../lib/words';
import { refreshStatus, status } from '../../live/state';
import { t, word } from '../../texts';

const TONES: Record<string, Tone> = { pending: 'plain', processing: 'accent', completed: 'good', failed: 'bad' };

export function Queue() {
  const items = useResource(queue, [], ['runs', 'queue', 'progress', 'assets']);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const busy = useBusy();

  async function change(work: Promise<unknown>) {
    await tell(work);
    setChosen(new Set());
    items.reload();
    await refreshStatus().catch(() => {});
  }
  const toggle = (id: number) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <Loaded of={items}>
      {(all) =>
        all.length === 0 ? (
          <Empty>{t('replace.queue_empty')}</Empty>
        ) : (
          <>
            <Bar
              all={all}
              ids={all.map(({ id }) => id).filter((id) => chosen.has(id))}
              busy={busy.on}
              onChange={(work) => busy.while(change(work))}
            />
            <ul class="list">
              {all.map((item) => (
                <Row key={item.id} of={item} chosen={chosen.has(item.id)} onChoose={() => toggle(item.id)} />
              ))}
            </ul>
          </>
        )
      }
    </Loaded>
  );
}

interface BarProps {
  all: readonly QueueItem[];
  ids: number[];
  busy: boolean;
  onChange: (work: Promise<unknown>) => void;
}

function Bar({ all, ids, busy, onChange }: BarProps) {
  const running = status.value?.running ?? false;
  const done = all.filter((item) => item.status === 'completed').length;
  const pending = all.filter((item) => item.status === 'pending').length;
  const run = (item_ids: number[] | null) => client.POST('/api/queue/run', { body: { item_ids } }).then(body);
  const clear = async () => {
    const question = { title: t('replace.clear_title'), text: t('replace.clear_text'), confirm: t('replace.clear') };
    if (!(await ask({ ...question, danger: true }))) return;
    onChange(client.POST('/api/queue/clear').then(body));
  };
  return (
    <div class="row toolbar">
      <span class="grow" role="status">
        {t('replace.progress', { done, total: all.length })}
      </span>
      {ids.length > 0 && (
        <>
          <button type="button" class="button" disabled={busy || running} onClick={() => onChange(run(ids))}>
            {t('replace.run_chosen', { n: ids.length })}
          </button>
          <button
            type="button"
            class="button danger"
            disabled={busy}
            onClick={() => onChange(client.POST('/api/queue/delete', { body: { item_ids: ids } }).then(body))}
          >
            {t('replace.remove_chosen', { n: ids.length })}
          </button>
        </>
      )}
      <button
        type="button"
        class="button primary"
        disabled={busy || running || pending === 0}
        onClick={() => onChange(run(null))}
      >
        {t('replace.run_all')}
      </button>
      <button type="button" class="button" disabled={busy} onClick={clear}>
        {t('replace.clear')}
      </button>
    </div>
  );
}

function Row({ of, chosen, onChoose }: { of: QueueItem; chosen: boolean; onChoose: () => void }) {
  const { title, part } = caption(of.asset_path);
  const state = of.status === 'pending' && of.wanted ? 'wanted' : of.status;
  return (
    <li>
      <input
        type="checkbox"
        aria-label={t('replace.choose', { title, part })}
        disabled={of.status === 'processing'}
        checked={chosen}
        onChange={onChoose}
      />
      <div class="grow">
        <strong>{title}</strong> <span class="muted">{part}</span>
        <div class="muted small-text lines">{of.source_data}</div>
        {of.error_message && <Failure because={of.error_because} english={of.error_message} />}
      </div>
      <span class="muted small-text">
        <When at={`${of.updated_at.replace(' ', 'T')}Z`} />
      </span>
      <Badge tone={TONES[of.status] ?? 'plain'}>{word('queue_state', state)}</Badge>
    </li>
  );
}

/** Why a picture is not in its place: its run failed, or it could not be put there. */
function Failure({ because, english }: { because: readonly Clause[]; english: string }) {
  return (
    <div class="problem">
      <Own text={reasonOf('run_reason', because) ?? reasonOf('wrong', because)} english={plainReason(english)} />
    </div>
  );
}
