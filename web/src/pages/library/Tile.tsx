/** One picture of the grid. */
import { Check } from 'lucide-preact';
import { caption, type Picture, thumbnail } from '../../lib/library';

interface TileProps {
  /** Absent while its piece of the list is on the way. */
  picture: Picture | undefined;
  width: number;
  chosen: boolean | undefined;
  onClick: () => void;
}

/** Widths that thumbnails are asked for in, so that the daemon's cache is of use. */
const STEPS = [160, 320, 480];

export function Tile({ picture, width, chosen, onClick }: TileProps) {
  if (!picture) return <div class="tile waiting" aria-hidden="true" />;
  const { title, part } = caption(picture.path);
  const wanted = width * Math.min(devicePixelRatio, 2);
  const step = STEPS.find((one) => one >= wanted) ?? STEPS.at(-1) ?? 480;
  return (
    <button
      type="button"
      class={chosen ? 'tile chosen' : 'tile'}
      title={picture.path}
      aria-pressed={chosen}
      aria-label={`${title}, ${part}`}
      onClick={onClick}
    >
      <img src={thumbnail(picture.url, step, picture.modified)} alt="" loading="lazy" decoding="async" />
      <span class="truncate">{title}</span>
      <span class="truncate muted small-text">{part}</span>
      {chosen && (
        <span class="tick">
          <Check size={16} />
        </span>
      )}
    </button>
  );
}
