/** A login of one's own. */
import { useState } from 'preact/hooks';
import { Switch, TextField } from '../../components/fields';
import { passwordProblem, SHORTEST } from '../../lib/login';
import type { Facts } from '../../lib/steps';
import { tell } from '../../lib/toast';
import { signIn } from '../../session';
import { t } from '../../texts';
import { StepForm } from './StepForm';
import { type Problems, useSave } from './save';

export function LoginStep({ facts: { values } }: { facts: Facts }) {
  const [user, setUser] = useState(String(values.basicAuthUsername ?? 'admin'));
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const { problems, setProblems, error, save } = useSave();

  async function submit(): Promise<boolean> {
    const wrong = check(user, password, again);
    if (wrong) {
      setProblems(wrong);
      return false;
    }
    const login = { basicAuthEnabled: true, basicAuthUsername: user, basicAuthPassword: password };
    if (!(await save(login))) return false;
    // From now on everybody needs it, also who has just set it.
    await tell(signIn(user, password));
    return true;
  }

  const secret = { type: shown ? 'text' : 'password', autocomplete: 'new-password', spellcheck: false } as const;
  return (
    <StepForm step="login" optional error={error} onSubmit={submit}>
      <TextField
        label={t('setup.user')}
        value={user}
        problem={problems.basicAuthUsername}
        autocomplete="username"
        spellcheck={false}
        onValue={setUser}
      />
      <TextField
        label={t('setup.password')}
        help={t('setup.password_help', { n: SHORTEST })}
        value={password}
        problem={problems.basicAuthPassword}
        onValue={setPassword}
        {...secret}
      />
      <TextField label={t('setup.again')} value={again} problem={problems.again} onValue={setAgain} {...secret} />
      <Switch label={t('setup.show_password')} on={shown} onValue={setShown} />
    </StepForm>
  );
}

function check(user: string, password: string, again: string): Problems | undefined {
  if (!user || user.includes(':')) return { basicAuthUsername: t('setup.user_wrong') };
  const wrong = passwordProblem(password, again);
  return wrong && { basicAuthPassword: wrong.password, again: wrong.again };
}
