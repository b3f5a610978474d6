/** Saving settings from a step: what is wrong is told at the field that it is about. */
import { useState } from 'preact/hooks';
import { type ApiError, request } from '../../api/client';
import type { Values } from '../../lib/config';
import { asError } from '../../lib/errors';

export type Problems = Readonly<Record<string, string | undefined>>;

const PLACE = 'body.config.';

export function useSave() {
  const [problems, setProblems] = useState<Problems>({});
  const [error, setError] = useState<ApiError>();

  async function save(values: Values): Promise<boolean> {
    setError(undefined);
    setProblems({});
    if (Object.keys(values).length === 0) return true;
    try {
      await request('POST', '/api/config?mode=merge', { body: { config: values } });
      return true;
    } catch (cause) {
      const told = asError(cause);
      const here = told.problems
        .filter(({ place }) => place.startsWith(PLACE) && place.slice(PLACE.length) in values)
        .map(({ place, reason }) => [place.slice(PLACE.length), reason] as const);
      setProblems(Object.fromEntries(here));
      // What is about none of the fields here is told by itself.
      if (here.length < Math.max(1, told.problems.length)) setError(told);
      return false;
    }
  }

  return { problems, setProblems, error, save };
}

/** Only what differs from the settings in force. */
export function differing(wanted: Values, values: Values): Values {
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(values[key])),
  );
}
