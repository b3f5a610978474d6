/** Clear logos on Plex: put there, replaced, or taken away again. */
import { useState } from 'preact/hooks';
import { client } from '../../api/client';
import { Card } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { ask } from '../../components/dialog';
import { LogoFields } from '../../components/logos';
import { type Logos, storedLogos } from '../../lib/logos';
import { tell } from '../../lib/toast';
import { modeName } from '../../lib/words';
import { refreshStatus, status } from '../../live/state';
import { t } from '../../texts';

export function LogoRun() {
  const [logos, setLogos] = useState<Logos>({ library: '', change: 'fill' });
  const busy = useBusy();
  const known = status.value;
  const able = known?.runner.kind === 'native';
  async function start() {
    const run = t(`logos.${logos.change}`);
    const question = {
      title: t('run.start_title', { run }),
      text: t('logos.question'),
      confirm: t('run.start_confirm'),
    };
    if (logos.change !== 'fill' && !(await ask({ ...question, danger: true }))) return;
    await tell(client.POST('/api/run-logoupdater', { body: storedLogos(logos) }), t('run.started', { run }));
    await refreshStatus().catch(() => {});
  }
  return (
    <Card title={modeName('logoupdater')}>
      <p>{t('logos.what')}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          busy.while(start());
        }}
      >
        <LogoFields of={logos} onValue={setLogos} />
        <div>
          <button type="submit" class="button" disabled={!able || busy.on || known?.running}>
            {t('run.start_confirm')}
          </button>
        </div>
      </form>
      {known && !able && <p class="muted small-text">{t('restore.needs_engine')}</p>}
    </Card>
  );
}
