/** The sign-in form. */
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { TextField } from '../components/fields';
import { duration } from '../lib/format';
import { signIn } from '../session';

export function SignIn() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn(user, password);
    } catch (error) {
      setProblem(words(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>Sign in</h1>
        <TextField label="User name" value={user} onValue={setUser} autocomplete="username" required autofocus />
        <TextField
          label="Password"
          type="password"
          value={password}
          onValue={setPassword}
          autocomplete="current-password"
          required
        />
        {problem && (
          <p class="notice tone-bad" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

function words(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 429) {
    const wait = error.retryAfter ? ` Try again in ${duration(error.retryAfter)}.` : ' Try again later.';
    return `Too many failed attempts from this address.${wait}`;
  }
  if (error.status === 401) return 'The user name or the password is wrong.';
  return error.message;
}
