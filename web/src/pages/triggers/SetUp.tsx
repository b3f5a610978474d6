/** What to enter in Sonarr, Radarr and Tautulli. */
import { useState } from 'preact/hooks';
import { address, body, client } from '../../api/client';
import { Card } from '../../components/basics';
import { Chips } from '../../components/choose';
import { Copyable } from '../../components/copyable';
import { tell } from '../../lib/toast';
import { session } from '../../session';
import { rich, t } from '../../texts';

const TAUTULLI = `{
  "RatingKey": "{rating_key}",
  "parentratingkey": "{parent_rating_key}",
  "grandparentratingkey": "{grandparent_rating_key}",
  "mediatype": "{media_type}",
  "action": "{action}"
}`;

const PROGRAMS = (['Sonarr', 'Radarr', 'Tautulli'] as const).map((name) => ({ value: name, name }));

/** Names by which a machine, or a container, means itself. */
function isLocal(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

/** `onKey` is called after a key was made. */
export function SetUp({ onKey }: { onKey: () => void }) {
  const [who, setWho] = useState<(typeof PROGRAMS)[number]['value']>('Sonarr');
  const [keys, setKeys] = useState<Partial<Record<string, string>>>({});
  const made = keys[who];
  const key = session.value === 'open' ? '' : `?api_key=${made ?? 'YOUR_KEY'}`;
  const url = (path: string) => `${location.origin}${address(path)}${key}`;
  async function makeKey() {
    const created = await tell(
      client.POST('/api/auth/keys', { body: { name: who, scopes: ['webhook'] } }).then(body),
      t('setup_hooks.key_made', { program: who }),
    );
    if (!created) return;
    setKeys({ ...keys, [who]: created.key });
    onKey();
  }
  return (
    <Card title={t('setup_hooks.title')}>
      <Chips label={t('setup_hooks.program')} options={PROGRAMS} value={who} onValue={setWho} />
      {key && (
        <div class="row">
          <p class="muted grow">{made ? t('setup_hooks.key_shown') : t('setup_hooks.key_needed', { program: who })}</p>
          {!made && (
            <button type="button" class="button" onClick={makeKey}>
              {t('setup_hooks.make_key', { program: who })}
            </button>
          )}
        </div>
      )}
      {isLocal(location.hostname) && <p class="notice tone-warn">{t('setup_hooks.local', { program: who })}</p>}
      {who === 'Tautulli' ? (
        <ol class="steps">
          <li>{t('setup_hooks.tautulli_add')}</li>
          <li>
            {rich('setup_hooks.tautulli_url', { address: () => <Copyable text={url('/api/webhook/tautulli')} /> })}
          </li>
          <li>{t('setup_hooks.tautulli_triggers')}</li>
          <li>{rich('setup_hooks.tautulli_data', { data: () => <Copyable text={TAUTULLI} /> })}</li>
        </ol>
      ) : (
        <ol class="steps">
          <li>{t('setup_hooks.arr_add')}</li>
          <li>{who === 'Sonarr' ? t('setup_hooks.sonarr_triggers') : t('setup_hooks.radarr_triggers')}</li>
          <li>{rich('setup_hooks.arr_url', { address: () => <Copyable text={url('/api/webhook/arr')} /> })}</li>
          <li>{t('setup_hooks.arr_test')}</li>
        </ol>
      )}
    </Card>
  );
}
