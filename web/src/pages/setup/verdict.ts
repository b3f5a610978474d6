/** Asking a media server or provider whether it takes an address and a key. */
import { request } from '../../api/client';
import { asError } from '../../lib/errors';
import { t } from '../../texts';

interface Answer {
  valid: boolean;
  message: string;
  details?: { status_code?: number; error?: string; hint?: string };
}

/** `refused`: it answers, and does not take the key. `silent`: it does not answer, so nobody knows. */
export type Verdict = { kind: 'ok' } | { kind: 'refused' | 'silent'; text: string };

export async function verdict(service: string, body: Record<string, string>): Promise<Verdict> {
  try {
    return read(await request<Answer>('POST', `/api/validate/${service}`, { body }));
  } catch (error) {
    return { kind: 'silent', text: asError(error).message };
  }
}

export function read({ valid, message, details }: Answer): Verdict {
  if (valid) return { kind: 'ok' };
  const status = details?.status_code;
  if (status === 401 || status === 403) return { kind: 'refused', text: t('setup.key_refused') };
  const reason = details?.error ?? details?.hint ?? message.trim();
  return { kind: 'silent', text: t('setup.no_answer', { reason }) };
}
