/** Signing in to Plex instead of looking for its token: the user confirms on Plex's page, and the daemon gets the token. */
import { useEffect, useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { type ApiError, body, client } from '../../api/client';
import { Problem } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { asError } from '../../lib/errors';
import { rich, t } from '../../texts';
import { Outside } from './parts';

/** How often it is asked whether the user has confirmed. */
const EVERY = 2000;

type Pin = components['schemas']['PlexPin'];

interface PlexSignInProps {
  /** Of the server that the token is for; it is stored with it. */
  url: string;
  /** Called without an address, instead of beginning. */
  onMissing: () => void;
  onSignedIn: () => void;
}

export function PlexSignIn({ url, onMissing, onSignedIn }: PlexSignInProps) {
  const [pin, setPin] = useState<Pin>();
  const [expired, setExpired] = useState(false);
  const [error, setError] = useState<ApiError>();
  const busy = useBusy();

  // Another address is another sign-in.
  useEffect(() => setPin(undefined), [url]);

  useEffect(() => {
    if (!pin) return;
    let timer: ReturnType<typeof setTimeout>;
    const controller = new AbortController();
    async function look(id: number) {
      try {
        const params = { path: { id } };
        const answer = await client.POST('/api/plex/pin/{id}', { params, signal: controller.signal });
        const { state } = body(answer);
        if (state === 'waiting') timer = setTimeout(look, EVERY, id);
        else {
          setPin(undefined);
          if (state === 'signed_in') onSignedIn();
          else setExpired(true);
        }
      } catch (cause) {
        if (controller.signal.aborted) return;
        setPin(undefined);
        setError(asError(cause));
      }
    }
    void look(pin.id);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [pin]);

  async function begin() {
    if (!url.trim()) return onMissing();
    setError(undefined);
    setExpired(false);
    try {
      setPin(body(await client.POST('/api/plex/pin', { body: { url: url.trim() } })));
    } catch (cause) {
      setError(asError(cause));
    }
  }

  return (
    <div class="field" role="status">
      {pin ? (
        <p class="notice">
          <span>{rich('plex.confirm', { link: (text) => <Outside href={pin.page}>{text}</Outside> })}</span>
          <button type="button" class="button small" onClick={() => setPin(undefined)}>
            {t('common.cancel')}
          </button>
        </p>
      ) : (
        <div class="row">
          <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(begin())}>
            {t('plex.sign_in')}
          </button>
          <span class="muted small-text">{expired ? t('plex.expired') : t('plex.or_token')}</span>
        </div>
      )}
      {error && <Problem error={error} />}
    </div>
  );
}
