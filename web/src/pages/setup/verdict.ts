/** Asking a media server or provider whether it takes an address and a key. */
import { request } from '../../api/client';
import { asError } from '../../lib/errors';
import { type Clause, reasonSaid } from '../../lib/reasons';
import { t } from '../../texts';

interface Answer {
  valid: boolean;
  message: string;
  because?: readonly Clause[];
  details?: { status_code?: number; error?: string; hint?: string };
}

/** `refused`: it answers, and does not take the key. `silent`: it does not answer, so nobody knows. */
export type Verdict = { kind: 'ok' } | { kind: 'refused' | 'silent'; text: string };

export async function verdict(service: string, body: Record<string, string>): Promise<Verdict> {
  try {
    const answer = await request<Answer>('POST', `/api/validate/${service}`, { body });
    const english = answer.details?.error ?? answer.details?.hint ?? answer.message.trim();
    return read(answer, answer.valid ? '' : await reasonSaid('verdict', answer.because, english));
  } catch (error) {
    return { kind: 'silent', text: asError(error).message };
  }
}

/** `reason`: why there was no usable answer. */
function read({ valid, details }: Answer, reason: string): Verdict {
  if (valid) return { kind: 'ok' };
  const status = details?.status_code;
  if (status === 401 || status === 403) return { kind: 'refused', text: t('setup.key_refused') };
  return { kind: 'silent', text: t('setup.no_answer', { reason }) };
}
