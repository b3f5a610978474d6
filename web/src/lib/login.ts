/** The password of the login: nobody reads it, so it is written twice. */
import { t } from '../texts';

/** The setting that it is. */
export const PASSWORD = 'basicAuthPassword';

/** Fewer characters are guessed. */
export const SHORTEST = 8;

/** What is wrong with a new password; `password` is about its length, `again` about its repetition. */
export function passwordProblem(password: string, again: string): { password?: string; again?: string } | undefined {
  if (password.length < SHORTEST) return { password: t('setup.password_help', { n: SHORTEST }) };
  if (password !== again) return { again: t('setup.again_wrong') };
  return undefined;
}
