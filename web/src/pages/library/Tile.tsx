/** One picture of the grid. */
import { Check } from 'lucide-preact';
import type { Place } from '../../components/grid';
import { Thumbnail } from '../../components/thumbnail';
import { caption, type Picture } from '../../lib/library';
import { t } from '../../texts';

interface TileProps {
  /** Absent while its piece of the list is on the way. */
  picture: Picture | undefined;
  width: number;
  chosen: boolean | undefined;
  onClick: (event: MouseEvent) => void;
  /** Of any form: shown whole, and not cut to the form of the tile. */
  whole?: boolean | undefined;
  place?: Place;
}

/** Widths that thumbnails are asked for in, so that the daemon's cache is of use. */
const STEPS = [160, 320, 480];

// It is the same element with and without its picture, so that it keeps the focus.
export function Tile({ picture, width, chosen, onClick, place, whole = false }: TileProps) {
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
      aria-label={picture ? [title, part].filter(Boolean).join(', ') : t('library.on_the_way')}
      onClick={onClick}
      {...place}
    >
      <span class={whole ? 'thumb whole' : 'thumb'}>
        {picture && <Thumbnail url={picture.url} width={step} modified={picture.modified} inTurns />}
      </span>
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
