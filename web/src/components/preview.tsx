/** One picture by the poster engine, made anew a moment after what goes into it changes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from '../api/client';
import { asError } from '../lib/errors';
import { t } from '../texts';

export type SampleKind = 'poster' | 'season' | 'background' | 'titlecard' | 'collection';

/** A sample of a kind of artwork. */
export interface Order {
  kind: SampleKind;
  title?: string;
  boxes?: boolean;
  /** Sections of config.json with values that are not saved. */
  settings?: Record<string, Record<string, unknown>>;
  /** What is drawn beyond config.json, where that is not as it is set. */
  drawing?: Record<string, unknown>;
  /** The daemon's own settings that are not saved. */
  daemon?: Record<string, string | null>;
  /** A picture in the folder of sets. */
  set?: string;
}

/** What the engine is asked for. */
export interface Wanted {
  path: string;
  body: string | FormData;
  /** Changes when another picture is wanted. */
  key: string;
}

export function sample(order: Order): Wanted {
  const body = JSON.stringify(order);
  return { path: '/api/preview', body, key: body };
}

interface Made {
  url?: string;
  problem?: string;
  warnings?: string;
}

const PAUSE = 400;

export function Preview({ of, alt }: { of: Wanted; alt: string }) {
  const { url, problem, warnings } = useMade(of);
  return (
    <figure class="sample" aria-live="polite">
      {url ? <img src={url} alt={alt} /> : <div class="sample-waiting">{!problem && t('preview.making')}</div>}
      {problem && <figcaption class="problem">{problem}</figcaption>}
      {!problem && warnings && <figcaption class="help">{warnings}</figcaption>}
    </figure>
  );
}

function useMade(of: Wanted): Made {
  const [made, setMade] = useState<Made>({});
  const shown = useRef<string>();
  const newest = useRef(of);
  newest.current = of;
  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      make(newest.current, controller.signal).then(
        (next) => {
          if (shown.current) URL.revokeObjectURL(shown.current);
          shown.current = next.url;
          setMade(next);
        },
        (error) => !controller.signal.aborted && setMade((before) => ({ ...before, problem: asError(error).message })),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [of.key]);
  useEffect(() => () => shown.current && URL.revokeObjectURL(shown.current), []);
  return made;
}

async function make({ path, body }: Wanted, signal: AbortSignal): Promise<Made & { url: string }> {
  const response = await post(path, body, signal);
  const warnings = response.headers.get('x-preview-warnings');
  return { url: URL.createObjectURL(await response.blob()), ...(warnings ? { warnings } : {}) };
}
