/** One sample of the poster engine, made anew a moment after its settings or its text change. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { address, failure } from '../api/client';
import { asError } from '../lib/errors';

export type SampleKind = 'poster' | 'season' | 'background' | 'titlecard' | 'collection';

export interface Order {
  kind: SampleKind;
  title?: string;
  boxes?: boolean;
  /** Sections of config.json with values that are not saved. */
  settings?: Record<string, Record<string, unknown>>;
}

interface Sample {
  url?: string;
  problem?: string;
  warnings?: string;
}

const PAUSE = 400;

export function Preview({ order }: { order: Order }) {
  const { url, problem, warnings } = useSample(order);
  return (
    <figure class="sample" aria-live="polite">
      {url ? (
        <img src={url} alt={`Sample: ${order.kind}`} />
      ) : (
        <div class="sample-waiting">{!problem && 'Making a sample…'}</div>
      )}
      {problem && <figcaption class="problem">{problem}</figcaption>}
      {!problem && warnings && <figcaption class="help">{warnings}</figcaption>}
    </figure>
  );
}

function useSample(order: Order): Sample {
  const [sample, setSample] = useState<Sample>({});
  const shown = useRef<string>();
  const body = JSON.stringify(order);
  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      fetchSample(body, controller.signal).then(
        (next) => {
          if (shown.current) URL.revokeObjectURL(shown.current);
          shown.current = next.url;
          setSample(next);
        },
        (error) =>
          !controller.signal.aborted && setSample((before) => ({ ...before, problem: asError(error).message })),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [body]);
  useEffect(() => () => shown.current && URL.revokeObjectURL(shown.current), []);
  return sample;
}

async function fetchSample(body: string, signal: AbortSignal): Promise<Required<Pick<Sample, 'url'>> & Sample> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(address('/api/preview'), { method: 'POST', body, headers, signal });
  if (!response.ok) throw await failure(response);
  const warnings = response.headers.get('x-preview-warnings');
  return { url: URL.createObjectURL(await response.blob()), ...(warnings ? { warnings } : {}) };
}
