/**
 * A small picture. Where the daemon cannot make one (a JPEG XL that is called `.jpg`, say) the browser may still be able to
 * show the file itself; what it cannot show either is a placeholder, never a broken frame.
 */
import { ImageOff } from 'lucide-preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { address } from '../api/client';
import { thumbnail } from '../lib/library';
import { turns } from '../lib/turns';
import { connection } from '../live/stream';
import { t } from '../texts';

interface ThumbnailProps {
  /** The picture as the daemon's lists have it. */
  url: string;
  width: number;
  /** When it last changed, in seconds since 1970. */
  modified?: number | undefined;
  class?: string;
  /** Of many on one page: loaded in turns. */
  inTurns?: boolean;
}

export function Thumbnail({ url, width, modified, class: look, inTurns = false }: ThumbnailProps) {
  // Each attempt begins with the small version. Where an attempt has failed and is begun anew in one breath, it is another one
  // all the same: else the broken picture would stay.
  const [{ attempt, failures }, setState] = useState({ attempt: 0, failures: 0 });
  const image = useRef<HTMLImageElement>(null);
  const live = connection.value === 'live';
  // Another picture, or the daemon is back: all over again.
  useEffect(
    () => setState((now) => (now.failures === 0 ? now : { attempt: now.attempt + 1, failures: 0 })),
    [url, modified, live],
  );
  const src = failures === 0 ? thumbnail(url, width, modified) : address(url);
  useLayoutEffect(() => {
    if (inTurns && image.current) return turns.load(image.current, src);
    return undefined;
  }, [src, inTurns, attempt]);
  if (failures > 1) {
    return (
      <span class={`no-picture ${look ?? ''}`} title={t('common.broken')}>
        <ImageOff size={20} aria-hidden="true" />
      </span>
    );
  }
  const failed = () => setState((now) => ({ ...now, failures: now.failures + 1 }));
  return (
    <img
      key={attempt}
      ref={image}
      {...(inTurns ? {} : { src, loading: 'lazy' as const })}
      class={look}
      alt=""
      decoding="async"
      onError={failed}
    />
  );
}
