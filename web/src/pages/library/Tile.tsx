/** One picture of the grid. */
import { Check } from 'lucide-preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Place } from '../../components/grid';
import { caption, type Picture, thumbnail } from '../../lib/library';
import { turns } from '../../lib/turns';

interface TileProps {
  /** Absent while its piece of the list is on the way. */
  picture: Picture | undefined;
  width: number;
  chosen: boolean | undefined;
  onClick: () => void;
  place?: Place;
}

/** Widths that thumbnails are asked for in, so that the daemon's cache is of use. */
const STEPS = [160, 320, 480];

// It is the same element with and without its picture, so that it keeps the focus.
export function Tile({ picture, width, chosen, onClick, place }: TileProps) {
  const { title, part } = picture ? (picture.caption ?? caption(picture.path)) : { title: '', part: '' };
  const wanted = width * Math.min(devicePixelRatio, 2);
  const step = STEPS.find((one) => one >= wanted) ?? STEPS.at(-1) ?? 480;
  return (
    <button
      type="button"
      class={chosen ? 'tile chosen' : 'tile'}
      title={picture?.path}
      aria-pressed={chosen}
      aria-busy={!picture}
      aria-label={picture ? [title, part].filter(Boolean).join(', ') : 'On the way'}
      onClick={onClick}
      {...place}
    >
      <span class="thumb">{picture && <Thumb src={thumbnail(picture.url, step, picture.modified)} />}</span>
      {/* The space is not seen: it keeps the two apart where the text is read. */}
      <span class="truncate">{title}</span> <span class="truncate muted small-text">{part}</span>
      {chosen && (
        <span class="tick">
          <Check size={16} />
        </span>
      )}
    </button>
  );
}

function Thumb({ src }: { src: string }) {
  const image = useRef<HTMLImageElement>(null);
  useLayoutEffect(() => (image.current ? turns.load(image.current, src) : undefined), [src]);
  return <img ref={image} alt="" decoding="async" />;
}
