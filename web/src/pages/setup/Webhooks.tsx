/** Runs for what is new, started by Sonarr, Radarr or Tautulli. */
import { useState } from 'preact/hooks';
import { body, client, request } from '../../api/client';
import { Badge, When } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { asError } from '../../lib/errors';
import { useResource } from '../../lib/resource';
import { outcomeTone, sentFrom } from '../../lib/words';
import { changed } from '../../live/state';
import { t, word } from '../../texts';
import { SetUp } from '../triggers/SetUp';
import { StepForm } from './StepForm';

/** What Sonarr and Radarr send when Test is pressed: names, not texts. */
const TEST = { eventType: 'Test' };

export function WebhooksStep() {
  const query = { limit: 1, payloads: false };
  const received = useResource(
    (signal) => client.GET('/api/webhooks', { params: { query }, signal }).then(body),
    [],
    ['webhooks'],
  );
  const [told, setTold] = useState<{ tone: 'good' | 'bad'; text: string }>();
  const busy = useBusy();
  const last = received.data?.webhooks[0];

  async function test() {
    try {
      await request('POST', '/api/webhook/arr', { body: TEST });
      setTold({ tone: 'good', text: t('setup.test_came') });
      changed('webhooks');
    } catch (cause) {
      setTold({ tone: 'bad', text: asError(cause).message });
    }
  }

  return (
    <StepForm step="webhooks" optional onSubmit={async () => true}>
      <SetUp onKey={() => {}} />
      <div class="row">
        <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(test())}>
          {t('setup.test')}
        </button>
        <span role="status">{told && <Badge tone={told.tone}>{told.text}</Badge>}</span>
      </div>
      <p class="muted">
        {last ? (
          <>
            {t('setup.last_webhook', { from: sentFrom(last) })} <When at={last.at} />{' '}
            <Badge tone={outcomeTone(last.verdict)}>{word('outcome', last.verdict)}</Badge>
          </>
        ) : (
          t('setup.no_webhook')
        )}
      </p>
    </StepForm>
  );
}
