/** The queue on hold: that it is, wherever it matters, and letting it go on. */
import { client } from '../api/client';
import { tell } from '../lib/toast';
import { refreshStatus, status } from '../live/state';
import { rich, t } from '../texts';
import { Badge, When } from './basics';
import { useBusy } from './busy';

/** Nothing where it is not. */
export function Held() {
  const busy = useBusy();
  const held = status.value?.held;
  if (!held) return null;
  const since = { time: () => <When at={held.since} /> };
  return (
    <div class="notice tone-warn" role="status">
      <span>{held.by ? rich('hold.held_by', since, { name: held.by }) : rich('hold.held', since)}</span>
      <button type="button" class="button small" disabled={busy.on} onClick={() => busy.while(letGo())}>
        {t('hold.let_go')}
      </button>
    </div>
  );
}

/** In the menu. */
export function HeldBadge() {
  return status.value?.held ? <Badge tone="warn">{t('hold.badge')}</Badge> : null;
}

/** Nothing where it is on hold. */
export function Hold() {
  const busy = useBusy();
  if (!status.value || status.value.held) return null;
  return (
    <button
      type="button"
      class="button small"
      title={t('hold.help')}
      disabled={busy.on}
      onClick={() => busy.while(hold())}
    >
      {t('hold.hold')}
    </button>
  );
}

async function hold() {
  await tell(client.POST('/api/triggers/hold'), t('hold.is_held'));
  await refreshStatus().catch(() => {});
}

async function letGo() {
  await tell(client.POST('/api/triggers/release'), t('hold.goes_on'));
  await refreshStatus().catch(() => {});
}
