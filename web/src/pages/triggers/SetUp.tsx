/** What to enter in Sonarr, Radarr and Tautulli. */
import { Copy } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { address, body, client } from '../../api/client';
import { Card } from '../../components/basics';
import { Chips } from '../../components/choose';
import { tell, toast } from '../../components/toast';
import { session } from '../../session';

const TAUTULLI = `{
  "RatingKey": "{rating_key}",
  "parentratingkey": "{parent_rating_key}",
  "grandparentratingkey": "{grandparent_rating_key}",
  "mediatype": "{media_type}"
}`;

const PROGRAMS = (['Sonarr', 'Radarr', 'Tautulli'] as const).map((name) => ({ value: name, name }));

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
      `The address below has a key for ${who}. It is shown only now.`,
    );
    if (!created) return;
    setKeys({ ...keys, [who]: created.key });
    onKey();
  }
  return (
    <Card title="Set-up">
      <Chips label="Program" options={PROGRAMS} value={who} onValue={setWho} />
      {key && (
        <div class="row">
          <p class="muted grow">
            {made
              ? `The address has its key in it. Copy it now: the key is not shown again.`
              : `A login is set, so ${who} needs a key that may send webhooks.`}
          </p>
          {!made && (
            <button type="button" class="button" onClick={makeKey}>
              Make a key for {who}
            </button>
          )}
        </div>
      )}
      {who === 'Tautulli' ? (
        <ol class="steps">
          <li>Settings → Notification Agents → Add a new agent → Webhook.</li>
          <li>
            Webhook URL: <Copyable text={url('/api/webhook/tautulli')} />, method POST.
          </li>
          <li>Triggers: Recently Added.</li>
          <li>
            Data → Recently Added → JSON Data: <Copyable text={TAUTULLI} />
          </li>
        </ol>
      ) : (
        <ol class="steps">
          <li>Settings → Connect → Add → Webhook.</li>
          <li>Triggers: On File Import, On File Upgrade{who === 'Sonarr' ? ', On Import Complete' : ''}.</li>
          <li>
            URL: <Copyable text={url('/api/webhook/arr')} />, method POST.
          </li>
          <li>Press Test: it shows up under Received with the verdict “test”.</li>
        </ol>
      )}
    </Card>
  );
}

function Copyable({ text }: { text: string }) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      toast('Copied', 'good');
    } catch {
      toast('The browser does not let this page copy: mark the text and copy it by hand.', 'warn');
    }
  }
  return (
    <span class="copyable">
      <code>{text}</code>
      <button type="button" class="icon-button" aria-label="Copy" onClick={copy}>
        <Copy size={16} />
      </button>
    </span>
  );
}
