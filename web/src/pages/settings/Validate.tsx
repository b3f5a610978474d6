/** Tries the entered keys and addresses out at their services. */
import { useState } from 'preact/hooks';
import { request } from '../../api/client';
import { useBusy } from '../../components/busy';
import { Reason } from '../../components/finding';
import type { Group, Values } from '../../lib/config';
import { asError } from '../../lib/errors';
import type { Clause } from '../../lib/reasons';
import { t } from '../../texts';

interface Service {
  id: string;
  name: string;
  /** The field next to which the service is shown. */
  anchor: string;
  /** The request's fields, by the settings they come from. */
  from: Record<string, string>;
}

const SERVICES: readonly Service[] = [
  { id: 'plex', name: 'Plex', anchor: 'PlexUrl', from: { url: 'PlexUrl', token: 'PlexToken' } },
  { id: 'jellyfin', name: 'Jellyfin', anchor: 'JellyfinUrl', from: { url: 'JellyfinUrl', api_key: 'JellyfinAPIKey' } },
  { id: 'emby', name: 'Emby', anchor: 'EmbyUrl', from: { url: 'EmbyUrl', api_key: 'EmbyAPIKey' } },
  { id: 'tmdb', name: 'TMDB', anchor: 'tmdbtoken', from: { token: 'tmdbtoken' } },
  { id: 'tvdb', name: 'TVDB', anchor: 'tvdbapi', from: { api_key: 'tvdbapi' } },
  { id: 'fanart', name: 'Fanart.tv', anchor: 'FanartTvAPIKey', from: { api_key: 'FanartTvAPIKey' } },
  { id: 'discord', name: 'Discord', anchor: 'Discord', from: { webhook_url: 'Discord' } },
  { id: 'apprise', name: 'Apprise', anchor: 'AppriseUrl', from: { url: 'AppriseUrl' } },
  { id: 'uptimekuma', name: 'Uptime Kuma', anchor: 'UptimeKumaUrl', from: { url: 'UptimeKumaUrl' } },
];

interface Verdict {
  valid: boolean;
  message: string;
  /** Absent where there is no answer of the daemon. */
  because?: readonly Clause[];
}

export function Validate({ group, values }: { group: Group; values: Values }) {
  const here = SERVICES.filter((service) => group.fields.some((field) => field.key === service.anchor));
  if (here.length === 0) return null;
  return (
    <div class="row">
      {here.map((service) => (
        <Try key={service.id} service={service} values={values} />
      ))}
    </div>
  );
}

function Try({ service, values }: { service: Service; values: Values }) {
  const [verdict, setVerdict] = useState<Verdict>();
  const busy = useBusy();
  const isMissing = Object.values(service.from).some((key) => !values[key]);
  async function run() {
    const body = Object.fromEntries(
      Object.entries(service.from).map(([name, key]) => [name, String(values[key] ?? '')]),
    );
    try {
      setVerdict(await request<Verdict>('POST', `/api/validate/${service.id}`, { body }));
    } catch (error) {
      setVerdict({ valid: false, message: asError(error).message });
    }
  }
  return (
    <>
      <button
        type="button"
        class="button small"
        disabled={busy.on || isMissing}
        title={isMissing ? t('settings.not_set') : undefined}
        onClick={() => busy.while(run())}
      >
        {busy.on ? t('settings.asking', { server: service.name }) : t('settings.try', { service: service.name })}
      </button>
      {verdict && (
        <span class={verdict.valid ? 'badge tone-good wrap' : 'badge tone-bad wrap'} role="status">
          <Reason family="verdict" of={verdict.because} english={verdict.message.trim()} />
        </span>
      )}
    </>
  );
}
