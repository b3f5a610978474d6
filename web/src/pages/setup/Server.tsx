/** Which media server, and which of its libraries. */
import { useState } from 'preact/hooks';
import { request } from '../../api/client';
import { Switch, TextField } from '../../components/fields';
import { MASK, type Values } from '../../lib/config';
import { asError } from '../../lib/errors';
import type { Facts } from '../../lib/steps';
import { t, word } from '../../texts';
import { PlexSignIn } from './PlexSignIn';
import { KeyField, Outside, Radios, Ticks } from './parts';
import { StepForm } from './StepForm';
import { useSave } from './save';
import { verdict } from './verdict';

interface Server {
  id: 'plex' | 'jellyfin' | 'emby';
  name: string;
  use: string;
  url: string;
  key: string;
  exclude: string;
  /** What the API calls its key. */
  field: 'token' | 'api_key';
}

const PLEX: Server = {
  id: 'plex',
  name: 'Plex',
  use: 'UsePlex',
  url: 'PlexUrl',
  key: 'PlexToken',
  exclude: 'PlexLibstoExclude',
  field: 'token',
};
const SERVERS: readonly Server[] = [
  PLEX,
  {
    id: 'jellyfin',
    name: 'Jellyfin',
    use: 'UseJellyfin',
    url: 'JellyfinUrl',
    key: 'JellyfinAPIKey',
    exclude: 'JellyfinLibstoExclude',
    field: 'api_key',
  },
  {
    id: 'emby',
    name: 'Emby',
    use: 'UseEmby',
    url: 'EmbyUrl',
    key: 'EmbyAPIKey',
    exclude: 'EmbyLibstoExclude',
    field: 'api_key',
  },
];

const PLEX_TOKEN = 'https://support.plex.tv/articles/204059436-finding-an-authentication-token-x-plex-token/';

interface Library {
  name: string;
  type?: string | null;
}
type Libraries = { success: true; libraries: Library[] } | { success: false; error: string };

const isOn = (value: unknown) => String(value).toLowerCase() === 'true';

/** What is entered of a server. */
interface Entered {
  server: Server;
  url: string;
  key: string;
  /** None until it was asked with this address and key. */
  libraries: readonly Library[] | undefined;
  included: string[];
  /** Whether it did not answer: then it is kept as it is when the button is pressed once more. */
  silent: boolean;
}

export function ServerStep({ facts: { values, schema } }: { facts: Facts }) {
  const [entered, setEntered] = useState<Entered>(() =>
    stored(SERVERS.find(({ use }) => isOn(values[use])) ?? PLEX, values, schema),
  );
  const { server, url, key, libraries, included, silent } = entered;
  const isSet = values[server.key] === MASK;
  // Who has set nothing yet wants the artwork to be seen there.
  const [upload, setUpload] = useState(isOn(values.PlexUpload) || !isSet);
  const { problems, setProblems, error, save } = useSave();
  const excluded = Array.isArray(values[server.exclude]) ? (values[server.exclude] as string[]) : [];

  function edit(what: Partial<Entered>) {
    setEntered({ ...entered, libraries: undefined, silent: false, ...what });
  }

  /** `signedIn`: its key was just stored, with this address. */
  async function connect(signedIn = false): Promise<false> {
    if (!url.trim()) return refuse(server.url, t('setup.address_missing'));
    if (!key.trim() && !isSet && !signedIn) return refuse(server.key, t('setup.key_missing'));
    const body = { url: url.trim(), [server.field]: key.trim() || MASK };
    const told = await verdict(server.id, body);
    if (told.kind !== 'ok') {
      setEntered({ ...entered, silent: told.kind === 'silent' });
      return refuse(told.kind === 'refused' ? server.key : server.url, told.text);
    }
    setProblems({});
    try {
      const answer = await request<Libraries>('POST', `/api/libraries/${server.id}`, { body });
      if (!answer.success) return refuse(server.url, answer.error);
      const names = answer.libraries.map(({ name }) => name);
      const kept = names.filter((name) => !excluded.includes(name));
      setEntered({ ...entered, libraries: answer.libraries, included: kept });
    } catch (cause) {
      refuse(server.url, asError(cause).message);
    }
    return false;
  }

  function refuse(field: string, reason: string): false {
    setProblems({ [field]: reason });
    return false;
  }

  function keep(): Promise<boolean> {
    const known = libraries?.map(({ name }) => name) ?? [];
    const left = excluded.filter((name) => !known.includes(name));
    return save({
      ...Object.fromEntries(SERVERS.map(({ use, id }) => [use, String(id === server.id)])),
      [server.url]: url.trim(),
      ...(key.trim() ? { [server.key]: key.trim() } : {}),
      ...(libraries ? { [server.exclude]: [...left, ...known.filter((name) => !included.includes(name))] } : {}),
      ...(server.id === 'plex' ? { PlexUpload: String(upload) } : {}),
    });
  }

  return (
    <StepForm
      step="server"
      error={error}
      submit={libraries ? t('setup.continue') : t('setup.connect')}
      onSubmit={libraries || silent ? keep : () => connect()}
      beside={silent && <span class="muted small-text">{t('setup.unchecked')}</span>}
    >
      <Radios
        label={t('setup.which_server')}
        value={server.id}
        onValue={(id) => setEntered(stored(SERVERS.find((one) => one.id === id) ?? PLEX, values, schema))}
        options={SERVERS.map(({ id, name }) => ({ value: id, name }))}
      />
      <TextField
        label={t('setup.address')}
        help={t('setup.address_help')}
        placeholder={exampleOf(schema, server)}
        inputMode="url"
        autocomplete="off"
        spellcheck={false}
        value={url}
        problem={problems[server.url]}
        onValue={(next) => edit({ url: next })}
      />
      <KeyField
        label={server.id === 'plex' ? t('setup.token') : t('setup.api_key')}
        help={
          server.id === 'plex' ? (
            <Outside href={PLEX_TOKEN}>{t('setup.token_help')}</Outside>
          ) : (
            t('setup.api_key_help', { server: server.name })
          )
        }
        value={key}
        isSet={isSet}
        problem={problems[server.key]}
        onValue={(next) => edit({ key: next })}
      />
      {server.id === 'plex' && !libraries && (
        <PlexSignIn
          url={url}
          onMissing={() => refuse(server.url, t('setup.address_missing'))}
          onSignedIn={() => void connect(true)}
        />
      )}
      <div role="status">
        {libraries && (
          <p class="notice tone-good">{t('setup.connected', { server: server.name, n: libraries.length })}</p>
        )}
      </div>
      {libraries && (
        <Ticks
          label={t('setup.libraries')}
          help={t('setup.libraries_help')}
          values={included}
          onValues={(next) => setEntered({ ...entered, included: next })}
          options={libraries.map(({ name, type }) => ({
            value: name,
            name,
            ...(type ? { aside: word('type', type, type) } : {}),
          }))}
        />
      )}
      {server.id === 'plex' ? (
        <Switch label={t('setup.upload')} help={t('setup.upload_help')} on={upload} onValue={setUpload} />
      ) : (
        <p class="help">{t('setup.uploads', { server: server.name })}</p>
      )}
    </StepForm>
  );
}

/** What is known of a server. */
function stored(server: Server, values: Values, schema: Facts['schema']): Entered {
  const url = String(values[server.url] ?? '');
  return {
    server,
    url: url === exampleOf(schema, server) ? '' : url,
    key: '',
    libraries: undefined,
    included: [],
    silent: false,
  };
}

/** The address that a new configuration comes with: nobody's server. */
function exampleOf(schema: Facts['schema'], { url }: Server): string {
  return String(schema.properties[url]?.default ?? '');
}
