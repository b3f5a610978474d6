/** Keys for programs. A key is shown once. */
import { useState } from 'preact/hooks';
import { body, client } from '../../api/client';
import type { KeyInfo, Scope } from '../../api/types';
import { Badge, Card, Empty, Loaded, When } from '../../components/basics';
import { type Option, Toggles } from '../../components/choose';
import { Copyable } from '../../components/copyable';
import { ask, Dialog } from '../../components/dialog';
import { TextField } from '../../components/fields';
import { useResource } from '../../lib/resource';
import { tell } from '../../lib/toast';
import { rich, t, word } from '../../texts';

const EXAMPLE = 'Sonarr';
const SCOPES: readonly Scope[] = ['webhook', 'read', 'metrics', 'admin'];

const scopeOptions = (): readonly Option<Scope>[] =>
  SCOPES.map((value) => ({ value, name: t(`keys.${value}`), title: t(`keys.${value}_help`) }));

/** Another `edition` means that a key was made elsewhere on the page. */
export function ApiKeys({ edition }: { edition: number }) {
  const keys = useResource((signal) => client.GET('/api/auth/keys', { signal }).then(body), [edition]);
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<Scope[]>(['webhook']);
  const [made, setMade] = useState<string>();

  async function make(event: Event) {
    event.preventDefault();
    const created = await tell(client.POST('/api/auth/keys', { body: { name, scopes } }).then(body));
    if (!created) return;
    setMade(created.key);
    setName('');
    keys.reload();
  }

  async function remove(key: KeyInfo) {
    const sure = await ask({
      title: t('keys.delete_title', { name: key.name }),
      text: t('keys.delete_text'),
      confirm: t('common.delete'),
      danger: true,
    });
    if (!sure) return;
    await tell(client.DELETE('/api/auth/keys/{id}', { params: { path: { id: key.id } } }), t('keys.deleted'));
    keys.reload();
  }

  return (
    <Card title={t('keys.title')}>
      <Loaded of={keys}>
        {({ keys: known }) =>
          known.length === 0 ? (
            <Empty>{t('keys.none')}</Empty>
          ) : (
            <ul class="list">
              {known.map((key) => (
                <li key={key.id}>
                  <span class="grow">
                    {key.name} <code class="muted">{key.prefix}…</code>
                  </span>
                  {key.scopes.map((scope) => (
                    <Badge key={scope}>{word('keys', scope)}</Badge>
                  ))}
                  <span class="muted small-text">{rich('keys.used', { time: () => <When at={key.last_used} /> })}</span>
                  <button type="button" class="button small" onClick={() => remove(key)}>
                    {t('common.delete')}
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <form class="row" onSubmit={make}>
        <TextField
          label={t('keys.new_for')}
          value={name}
          onValue={setName}
          placeholder={EXAMPLE}
          maxLength={64}
          required
        />
        <Toggles label={t('keys.may')} options={scopeOptions()} values={scopes} onValues={setScopes} />
        <button type="submit" class="button primary" disabled={scopes.length === 0}>
          {t('keys.make')}
        </button>
      </form>
      {made && (
        <Dialog title={t('keys.your_key')} onClose={() => setMade(undefined)}>
          <p>{t('keys.copy_now')}</p>
          <Copyable text={made} />
        </Dialog>
      )}
    </Card>
  );
}
