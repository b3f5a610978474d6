/** Has Plex show its own posters again. */
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { client } from '../../api/client';
import { Card } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { ask } from '../../components/dialog';
import { PlexLibrary } from '../../components/plexLibrary';
import { tell } from '../../lib/toast';
import { refreshStatus, status } from '../../live/state';
import { rich, t } from '../../texts';

export function ResetPosters() {
  const [library, setLibrary] = useState('');
  const busy = useBusy();
  async function reset(event: Event) {
    event.preventDefault();
    const sure = await ask({
      title: t('run.reset_title', { library }),
      text: t('run.reset_text'),
      confirm: t('run.reset'),
      danger: true,
    });
    if (!sure) return;
    await tell(client.POST('/api/reset-posters', { body: { library } }), t('run.reset_started'));
    await refreshStatus().catch(() => {});
  }
  return (
    <Card title={t('run.reset_card')}>
      <form class="stack" onSubmit={(event) => busy.while(reset(event))}>
        <PlexLibrary value={library} onValue={setLibrary} help={t('run.reset_help')} />
        <div>
          <button type="submit" class="button danger" disabled={busy.on || !library.trim() || status.value?.running}>
            {t('run.reset')}
          </button>
        </div>
      </form>
      <p class="muted small-text">
        {rich('run.reset_history', { link: (text) => <Link href="/history">{text}</Link> })}
      </p>
    </Card>
  );
}
