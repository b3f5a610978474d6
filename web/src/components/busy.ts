import { useEffect, useState } from 'preact/hooks';

/** Whether work is going on that a button started; the button waits meanwhile. */
export function useBusy() {
  const [on, setOn] = useState(false);
  const [mounted] = useState({ current: true });
  useEffect(
    () => () => {
      mounted.current = false;
    },
    [mounted],
  );
  return {
    on,
    while: async (work: Promise<unknown>) => {
      setOn(true);
      try {
        await work;
      } finally {
        if (mounted.current) setOn(false);
      }
    },
  };
}
