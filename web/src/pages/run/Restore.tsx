/** Giving the media server back what a backup has saved. */
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { body, client } from '../../api/client';
import { Card } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { ask } from '../../components/dialog';
import { SelectField, TextField } from '../../components/fields';
import { tell } from '../../lib/toast';
import { modeName } from '../../lib/words';
import { refreshStatus, status } from '../../live/state';
import { t } from '../../texts';
import { restored } from './restored';

const KINDS = ['poster', 'background', 'season', 'titlecard'] as const;

export function Restore() {
  const [library, setLibrary] = useState('');
  const [item, setItem] = useState('');
  const [kind, setKind] = useState('');
  const busy = useBusy();
  const [, navigate] = useLocation();
  const named = { library, item, kind };
  async function restore(dryRun: boolean) {
    const question = {
      title: t('restore.question'),
      text: restored(named),
      confirm: t('common.restore'),
      danger: true,
    };
    if (!dryRun && !(await ask(question))) return;
    const given = Object.entries(named).filter(([, value]) => value.trim());
    const query = { ...Object.fromEntries(given), ...(dryRun ? { dry_run: true } : {}) };
    const run = client.POST('/api/run/restore', { params: { query } }).then(body);
    const started = await tell(run, t('run.started', { run: modeName('restore', dryRun) }));
    await refreshStatus().catch(() => {});
    if (dryRun && started) navigate(`/runs/${started.run_id}`);
  }
  const known = status.value;
  const able = known?.runner.kind === 'native';
  const blocked = busy.on || known?.running;
  return (
    <Card title={t('restore.title')}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          busy.while(restore(false));
        }}
      >
        <TextField label={t('common.library')} help={t('restore.library_help')} value={library} onValue={setLibrary} />
        <TextField label={t('restore.item')} help={t('restore.item_help')} value={item} onValue={setItem} />
        <SelectField
          label={t('common.choose_kind')}
          value={kind}
          onValue={setKind}
          options={[['', t('kinds.any')], ...KINDS.map((one): [string, string] => [one, t(`kinds.${one}`)])]}
        />
        <div class="row">
          <button type="submit" class="button danger" disabled={!able || blocked}>
            {t('common.restore')}
          </button>
          <button type="button" class="button" disabled={blocked} onClick={() => busy.while(restore(true))}>
            {t('common.dry_run')}
          </button>
        </div>
      </form>
      {known && !able && <p class="muted small-text">{t('restore.needs_engine')}</p>}
    </Card>
  );
}
