/** Who is signed in. The session is a cookie that scripts cannot read; here is only whether there is one. */
import { signal } from '@preact/signals';
import { ApiError, address, body, client, failure, whenSignedOut } from './api/client';
import { edits } from './lib/edits';
import { t } from './texts';

export type Session = 'unknown' | 'open' | 'signed_in' | 'signed_out' | 'refused';

/** `open`: no login is needed. `refused`: the daemon answers nothing under the address that this page has. */
export const session = signal<Session>('unknown');

/** What stands in the way of everybody, in the daemon's words; none where all is well. */
export const obstacle = signal<string | undefined>(undefined);

whenSignedOut(() => {
  session.value = 'signed_out';
});

export async function check(): Promise<void> {
  const answer = body(await client.GET('/api/auth/check'));
  obstacle.value = answer.problem?.message;
  if (answer.problem?.code === 'unknown_host' || answer.problem?.code === 'foreign_origin') session.value = 'refused';
  else session.value = !answer.enabled ? 'open' : answer.authenticated ? 'signed_in' : 'signed_out';
}

/** Tries a name and a password; fails with the daemon's words. */
export async function signIn(user: string, password: string): Promise<void> {
  // Basic logins are UTF-8 here; btoa takes bytes.
  const text = String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`));
  const headers = { authorization: `Basic ${btoa(text)}` };
  const response = await fetch(address('/api/status'), { headers }).catch(() => {
    throw new ApiError(t('error.no_answer'), 0);
  });
  if (!response.ok) throw await failure(response);
  session.value = 'signed_in';
}

export async function signOut(): Promise<void> {
  await client.POST('/api/auth/logout');
  // What one user has begun is not the next one's.
  edits.value = {};
  session.value = 'signed_out';
}
