/** What to enter in Sonarr, Radarr and Tautulli. */
import { Copy } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { address } from '../../api/client';
import { Card } from '../../components/basics';
import { toast } from '../../components/toast';
import { session } from '../../session';

const TAUTULLI = `{
  "RatingKey": "{rating_key}",
  "parentratingkey": "{parent_rating_key}",
  "grandparentratingkey": "{grandparent_rating_key}",
  "mediatype": "{media_type}"
}`;

export function SetUp() {
  const [who, setWho] = useState<'Sonarr' | 'Radarr' | 'Tautulli'>('Sonarr');
  const key = session.value === 'open' ? '' : '?api_key=YOUR_KEY';
  const url = (path: string) => `${location.origin}${address(path)}${key}`;
  return (
    <Card title="Set-up">
      <div class="chips">
        {(['Sonarr', 'Radarr', 'Tautulli'] as const).map((name) => (
          <button type="button" class="chip" key={name} aria-pressed={who === name} onClick={() => setWho(name)}>
            {name}
          </button>
        ))}
      </div>
      {key && (
        <p class="muted">
          A login is set, so a key with the webhook scope is needed: make one below and put it in the place of YOUR_KEY.
        </p>
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
