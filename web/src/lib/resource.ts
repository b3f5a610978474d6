/** Data of a page: loaded when it is shown, read anew when news of its topics come, cancelled when it is left. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import { newsOf, type Topic } from '../live/state';
import { listening } from '../live/stream';
import { asError } from './errors';

export interface Resource<T> {
  data: T | undefined;
  /** Why the last read failed; the data before it stays. */
  error: ApiError | undefined;
  loading: boolean;
  /** Reads anew; done when a read that began afterwards has ended. */
  reload: () => Promise<void>;
}

/** `dependencies` are the values that `load` uses: another value means other data. */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  dependencies: readonly unknown[] = [],
  topics: readonly Topic[] = [],
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, 'reload'>>({ data: undefined, error: undefined, loading: true });
  const [round, setRound] = useState(0);
  const newest = useRef(load);
  newest.current = load;
  const waiting = useRef<(() => void)[]>([]);
  const news = newsOf(topics);
  const key = JSON.stringify(dependencies);

  useEffect(() => {
    const controller = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    const askers = waiting.current.splice(0);
    const read = () => {
      controller.signal.throwIfAborted();
      return newest.current(controller.signal);
    };
    listening()
      .then(read)
      .then(
        (data) => !controller.signal.aborted && setState({ data, error: undefined, loading: false }),
        (error) =>
          !controller.signal.aborted && setState((before) => ({ ...before, error: asError(error), loading: false })),
      )
      .then(() => {
        for (const done of askers.splice(0)) done();
      });
    return () => {
      controller.abort();
      // The read that takes this one's place answers them.
      waiting.current.push(...askers.splice(0));
    };
  }, [key, news, round]);

  // Whoever waits goes on when the page is left, as where a new login shows the form to sign in for a moment.
  const gone = useRef(false);
  useEffect(
    () => () => {
      gone.current = true;
      for (const done of waiting.current.splice(0)) done();
    },
    [],
  );

  const reload = useCallback(
    () =>
      new Promise<void>((resolve) => {
        if (gone.current) return resolve();
        waiting.current.push(resolve);
        setRound((before) => before + 1);
      }),
    [],
  );
  return { ...state, reload };
}
