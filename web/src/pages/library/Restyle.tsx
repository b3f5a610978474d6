/** After a change of the design: makes again what looks otherwise, of the same pictures. */
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { body, client } from '../../api/client';
import { useBusy } from '../../components/busy';
import { Dialog } from '../../components/dialog';
import { SelectField } from '../../components/fields';
import { HelpLink } from '../../components/help';
import { useResource } from '../../lib/resource';
import { startRun } from '../../lib/startRun';
import { status } from '../../live/state';
import { t } from '../../texts';
import { canRemake } from './remake';

export function Restyle() {
  const [open, setOpen] = useState(false);
  if (!canRemake()) return null;
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {t('restyle.title')}
      </button>
      {open && <Choice onClose={() => setOpen(false)} />}
    </>
  );
}

function Choice({ onClose }: { onClose: () => void }) {
  const [library, setLibrary] = useState('');
  const busy = useBusy();
  const [, navigate] = useLocation();
  const folders = useResource((signal) => client.GET('/api/assets-folders', { signal }).then(body)).data?.folders ?? [];
  async function start(dryRun: boolean) {
    const id = await startRun({ restyle: library || undefined }, dryRun);
    if (id !== undefined) navigate(`/runs/${id}`);
  }
  const waits = busy.on || Boolean(status.value?.running);
  return (
    <Dialog
      title={t('restyle.title')}
      onClose={onClose}
      actions={
        <>
          <button type="button" class="button" disabled={waits} onClick={() => busy.while(start(true))}>
            {t('common.dry_run')}
          </button>
          <button type="button" class="button primary" disabled={waits} onClick={() => busy.while(start(false))}>
            {t('restyle.confirm')}
          </button>
        </>
      }
    >
      <p>
        {t('restyle.help')} <HelpLink to="words#restyle" about={t('restyle.title')} />
      </p>
      <SelectField
        label={t('common.library')}
        value={library}
        onValue={setLibrary}
        options={[['', t('common.all_libraries')], ...folders.map(({ name }): [string, string] => [name, name])]}
      />
      {status.value?.running && <p class="muted small-text">{t('common.waits')}</p>}
    </Dialog>
  );
}
