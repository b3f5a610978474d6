/** The libraries of a media server that are left out: chosen among those that it has. */
import { useEffect, useId, useState } from 'preact/hooks';
import { request } from '../../api/client';
import { useBusy } from '../../components/busy';
import { described } from '../../components/fields';
import type { FieldModel, Values } from '../../lib/config';
import { asError } from '../../lib/errors';
import { t, word } from '../../texts';

interface Server {
  id: string;
  name: string;
  /** The request's fields, by the settings they come from. */
  from: Record<string, string>;
}

/** Whose libraries a setting is about. */
export const SERVERS: Record<string, Server> = {
  PlexLibstoExclude: { id: 'plex', name: 'Plex', from: { url: 'PlexUrl', token: 'PlexToken' } },
  JellyfinLibstoExclude: { id: 'jellyfin', name: 'Jellyfin', from: { url: 'JellyfinUrl', api_key: 'JellyfinAPIKey' } },
  EmbyLibstoExclude: { id: 'emby', name: 'Emby', from: { url: 'EmbyUrl', api_key: 'EmbyAPIKey' } },
};

interface Library {
  name: string;
  type?: string | null;
}

type Answer = { success: true; libraries: Library[] } | { success: false; error: string; hint?: string };

interface LibrariesFieldProps {
  server: Server;
  field: FieldModel;
  excluded: readonly string[];
  /** What is left out at present. */
  stored: readonly string[];
  problem: string | undefined;
  /** All settings as they are on the page: the server is asked with these. */
  values: Values;
  onValue: (value: string[]) => void;
}

export function LibrariesField({ server, field, excluded, stored, problem, values, onValue }: LibrariesFieldProps) {
  const id = useId();
  const [libraries, setLibraries] = useState<readonly Library[]>([]);
  const [trouble, setTrouble] = useState<string>();
  const busy = useBusy();

  useEffect(() => {
    // What the daemon remembers of the last time; without it there is still the button.
    request<Answer>('GET', `/api/libraries/${server.id}/cached`).then(
      (answer) => answer.success && setLibraries(answer.libraries),
      () => {},
    );
  }, [server.id]);

  async function fetchThem() {
    const body = Object.fromEntries(
      Object.entries(server.from).map(([name, key]) => [name, String(values[key] ?? '')]),
    );
    try {
      const answer = await request<Answer>('POST', `/api/libraries/${server.id}`, { body });
      setTrouble(answer.success ? undefined : [answer.error, answer.hint].filter(Boolean).join(' '));
      if (answer.success) setLibraries(answer.libraries);
    } catch (error) {
      setTrouble(asError(error).message);
    }
  }

  const known = libraries.map((library) => library.name);
  // Everybody's new file leaves out some libraries that few have.
  const examples = new Set(Array.isArray(field.property.default) ? field.property.default.map(String) : []);
  const isOwn = (name: string) => !known.includes(name) && !examples.has(name);
  const others = [...new Set([...stored, ...excluded])].filter(isOwn);
  const all: readonly Library[] = [...libraries, ...others.map((name) => ({ name }))];
  const toggle = (name: string, out: boolean) =>
    onValue(out ? [...excluded, name] : excluded.filter((one) => one !== name));
  return (
    <fieldset class="field plain">
      <legend>{field.label}</legend>
      {all.length === 0 && <p class="help">{t('settings.libraries_unknown', { server: server.name })}</p>}
      <ul class="ticks">
        {all.map(({ name, type }) => (
          <li key={name}>
            <label>
              <input
                type="checkbox"
                checked={excluded.includes(name)}
                aria-invalid={problem ? true : undefined}
                aria-describedby={described(id, undefined, problem)}
                onChange={(event) => toggle(name, event.currentTarget.checked)}
              />
              <span class="grow">{name}</span>
              {type && <span class="muted small-text">{word('type', type, type)}</span>}
            </label>
          </li>
        ))}
      </ul>
      <div class="row">
        <button
          type="button"
          class="button small"
          aria-describedby={described(id, field.help, problem)}
          disabled={busy.on}
          onClick={() => busy.while(fetchThem())}
        >
          {t(busy.on ? 'settings.asking' : 'settings.ask_libraries', { server: server.name })}
        </button>
      </div>
      {trouble && (
        <p class="problem" role="status">
          {trouble}
        </p>
      )}
      {field.help && (
        <p class="help" id={`${id}-help`}>
          {field.help}
        </p>
      )}
      {problem && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </fieldset>
  );
}
