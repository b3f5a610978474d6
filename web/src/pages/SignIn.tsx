/** The sign-in form, and what stands in its place where the daemon does not answer to this address. */
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { TextField } from '../components/fields';
import { LanguageChoice } from '../components/language';
import { duration } from '../lib/format';
import { obstacle, signIn } from '../session';
import { rich, t } from '../texts';

export function SignIn() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | undefined>(obstacle.value);
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
        <h1>{t('signin.title')}</h1>
        <TextField label={t('signin.user')} value={user} onValue={setUser} autocomplete="username" required autofocus />
        <TextField
          label={t('signin.password')}
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
          {busy ? t('signin.signing_in') : t('signin.submit')}
        </button>
        <p class="help">{rich('signin.forgotten', { code: (text) => <code>{text}</code> })}</p>
        <LanguageChoice />
      </form>
    </main>
  );
}

/** Instead of pages on which nothing works. */
export function Refused() {
  return (
    <main class="sign-in">
      <div class="card">
        <h1>{t('signin.unknown_address')}</h1>
        <p class="notice tone-bad" role="alert">
          {obstacle.value}
        </p>
      </div>
    </main>
  );
}

function words(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 429) {
    return error.retryAfter ? t('signin.too_many_wait', { time: duration(error.retryAfter) }) : t('signin.too_many');
  }
  // While config.json cannot be read, the daemon knows more of it than "wrong".
  if (error.status === 401 && error.code !== 'config_unreadable') return t('signin.wrong');
  return error.message;
}
