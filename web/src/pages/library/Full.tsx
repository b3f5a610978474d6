/** The file itself, as large as there is room or as it is; some are called a picture and are none. */
import { ZoomIn, ZoomOut } from 'lucide-preact';
import { useRef, useState } from 'preact/hooks';
import { address } from '../../api/client';
import { number } from '../../lib/format';
import type { Picture } from '../../lib/library';
import { t } from '../../texts';

interface FullProps {
  picture: Picture;
  name: string;
  /** A finger that wipes leads to the next one, or the one before. */
  onStep?: ((step: 1 | -1) => void) | undefined;
}

export function Full({ picture, name, onStep }: FullProps) {
  const [broken, setBroken] = useState(false);
  const [size, setSize] = useState<{ width: number; height: number }>();
  const [zoomed, setZoomed] = useState(false);
  const wipe = useWipe(zoomed ? undefined : onStep);
  if (broken) return <p class="no-picture">{t('viewer.broken')}</p>;
  const edition = picture.modified ? `?t=${picture.modified.toFixed(0)}` : '';
  const Icon = zoomed ? ZoomOut : ZoomIn;
  return (
    <figure class="full">
      <div
        class={zoomed ? 'frame zoomed' : 'frame'}
        // What is larger than its frame is moved by keys, too.
        {...(zoomed && { tabIndex: 0, role: 'group', 'aria-label': name })}
        {...wipe}
      >
        <img
          src={address(picture.url) + edition}
          alt={name}
          draggable={false}
          onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => setSize({ width, height })}
          onError={() => setBroken(true)}
        />
      </div>
      {size && (
        <figcaption class="row small-text muted">
          <span class="grow">{t('viewer.dimensions', { width: number(size.width), height: number(size.height) })}</span>
          <button type="button" class="button small" aria-pressed={zoomed} onClick={() => setZoomed(!zoomed)}>
            <Icon size={16} aria-hidden="true" /> {t('viewer.full_size')}
          </button>
        </figcaption>
      )}
    </figure>
  );
}

/** How far a finger goes at least, in pixels. */
const FAR = 50;

function useWipe(onStep: FullProps['onStep']) {
  const from = useRef<{ x: number; y: number }>();
  if (!onStep) return {};
  return {
    onPointerDown({ pointerType, isPrimary, clientX: x, clientY: y }: PointerEvent) {
      from.current = pointerType === 'touch' && isPrimary ? { x, y } : undefined;
    },
    onPointerUp({ clientX, clientY }: PointerEvent) {
      if (!from.current) return;
      const [across, down] = [clientX - from.current.x, clientY - from.current.y];
      from.current = undefined;
      if (Math.abs(across) > FAR && Math.abs(across) > 2 * Math.abs(down)) onStep(across < 0 ? 1 : -1);
    },
    onPointerCancel() {
      from.current = undefined;
    },
  };
}
