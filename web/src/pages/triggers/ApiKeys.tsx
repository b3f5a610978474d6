/** Keys for programs. A key is shown once. */
import { useState } from 'preact/hooks';
import { body, client } from '../../api/client';
import type { KeyInfo, Scope } from '../../api/types';
import { Badge, Card, Empty, Loaded, When } from '../../components/basics';
import { type Option, Toggles } from '../../components/choose';
import { ask, Dialog } from '../../components/dialog';
import { TextField } from '../../components/fields';
import { tell } from '../../components/toast';
import { useResource } from '../../lib/resource';

const SCOPES: readonly Option<Scope>[] = [
  { value: 'webhook', name: 'webhook', title: 'may send webhooks' },
  { value: 'read', name: 'read', title: 'may read' },
  { value: 'metrics', name: 'metrics', title: 'may read metrics' },
  { value: 'admin', name: 'admin', title: 'may do everything' },
];

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
      title: `Delete the key ${key.name}?`,
      text: 'It stops working at once.',
      confirm: 'Delete',
      danger: true,
    });
    if (!sure) return;
    await tell(
      client.DELETE('/api/auth/keys/{id}', { params: { path: { id: key.id } } }).then(body),
      (gone) => gone.message,
    );
    keys.reload();
  }

  return (
    <Card title="API keys">
      <Loaded of={keys}>
        {({ keys: known }) =>
          known.length === 0 ? (
            <Empty>No keys yet.</Empty>
          ) : (
            <ul class="list">
              {known.map((key) => (
                <li key={key.id}>
                  <span class="grow">
                    {key.name} <code class="muted">{key.prefix}…</code>
                  </span>
                  {key.scopes.map((scope) => (
                    <Badge key={scope}>{scope}</Badge>
                  ))}
                  <span class="muted small-text">
                    used <When at={key.last_used} />
                  </span>
                  <button type="button" class="button small" onClick={() => remove(key)}>
                    Delete
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <form class="row" onSubmit={make}>
        <TextField label="New key for" value={name} onValue={setName} placeholder="Sonarr" maxLength={64} required />
        <Toggles label="What it may do" options={SCOPES} values={scopes} onValues={setScopes} />
        <button type="submit" class="button primary" disabled={scopes.length === 0}>
          Make a key
        </button>
      </form>
      {made && (
        <Dialog title="Your new key" onClose={() => setMade(undefined)}>
          <p>Copy it now: it is not shown again.</p>
          <code class="payload">{made}</code>
        </Dialog>
      )}
    </Card>
  );
}
