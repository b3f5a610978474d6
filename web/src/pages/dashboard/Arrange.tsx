/** Which cards the dashboard has, and in what order. */
import { ArrowDown, ArrowUp, LayoutDashboard } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Dialog } from '../../components/dialog';
import { type Arrangement, arranged, moved, shown } from '../../lib/arrangement';
import { remembered } from '../../lib/settings';
import { type Key, t } from '../../texts';

/** The cards by their names, in the order in which they come. */
export const CARDS = {
  schedule: 'dashboard.schedule',
  problems: 'nav.actions',
  webhooks: 'dashboard.webhooks',
  machine: 'dashboard.machine',
  recent: 'dashboard.recent',
} as const satisfies Record<string, Key>;

export type CardId = keyof typeof CARDS;
const ALL = Object.keys(CARDS) as CardId[];
const AS_IT_COMES: Arrangement = { order: [], hidden: [] };

const arrangement = remembered<Arrangement>('dashboard', AS_IT_COMES);

/** The cards that are wanted. */
export function wantedCards(): CardId[] {
  return arranged(ALL, arrangement.value).filter((id) => !arrangement.value.hidden.includes(id));
}

export function Arrange() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <LayoutDashboard size={16} aria-hidden="true" /> {t('dashboard.arrange')}
      </button>
      {open && <Cards onClose={() => setOpen(false)} />}
    </>
  );
}

function Cards({ onClose }: { onClose: () => void }) {
  const of = arrangement.value;
  const order = arranged(ALL, of);
  const set = (next: Arrangement) => {
    arrangement.value = next;
  };
  return (
    <Dialog
      title={t('dashboard.arrange')}
      onClose={onClose}
      actions={
        <button type="button" class="button" onClick={() => set(AS_IT_COMES)}>
          {t('dashboard.as_it_comes')}
        </button>
      }
    >
      <ol class="entries">
        {order.map((id, index) => (
          <li key={id}>
            <label class="row grow">
              <input
                type="checkbox"
                checked={!of.hidden.includes(id)}
                onChange={(event) => set(shown(of, id, event.currentTarget.checked))}
              />
              {t(CARDS[id])}
            </label>
            <button
              type="button"
              class="icon-button"
              aria-label={t('settings.move_up', { entry: t(CARDS[id]) })}
              disabled={index === 0}
              onClick={() => set(moved(ALL, of, id, -1))}
            >
              <ArrowUp size={14} />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={t('settings.move_down', { entry: t(CARDS[id]) })}
              disabled={index === order.length - 1}
              onClick={() => set(moved(ALL, of, id, 1))}
            >
              <ArrowDown size={14} />
            </button>
          </li>
        ))}
      </ol>
      <p class="help">{t('about.remembered')}</p>
    </Dialog>
  );
}
