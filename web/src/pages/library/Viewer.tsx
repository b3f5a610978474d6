/** One picture in full size, with what is known of it. */
import { ChevronLeft, ChevronRight, Trash2 } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import { address } from '../../api/client';
import { Facts, Loading, When } from '../../components/basics';
import { Dialog } from '../../components/dialog';
import { bytes } from '../../lib/format';
import { caption, type Picture } from '../../lib/library';

interface ViewerProps {
  picture: Picture | undefined;
  onClose: () => void;
  onStep?: (step: 1 | -1) => void;
  onDelete?: ((picture: Picture) => void) | undefined;
}

export function Viewer({ picture, onClose, onStep, onDelete }: ViewerProps) {
  useEffect(() => {
    if (!onStep) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.key === 'ArrowRight') onStep(1);
      if (event.key === 'ArrowLeft') onStep(-1);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [onStep]);
  if (!picture) {
    return (
      <Dialog title="Picture" onClose={onClose}>
        <Loading />
      </Dialog>
    );
  }
  const { title, part } = picture.caption ?? caption(picture.path);
  const name = [title, part].filter(Boolean).join(' — ');
  return (
    <Dialog
      title={name}
      onClose={onClose}
      wide
      actions={
        <>
          {onStep && (
            <div class="row grow">
              <button type="button" class="icon-button" aria-label="Picture before" onClick={() => onStep(-1)}>
                <ChevronLeft />
              </button>
              <button type="button" class="icon-button" aria-label="Next picture" onClick={() => onStep(1)}>
                <ChevronRight />
              </button>
            </div>
          )}
          {onDelete && (
            <button type="button" class="button danger" onClick={() => onDelete(picture)}>
              <Trash2 size={16} /> Delete
            </button>
          )}
          <a class="button" href={address(picture.url)} target="_blank" rel="noreferrer">
            Open the file
          </a>
        </>
      }
    >
      <div class="viewer">
        <img src={address(picture.url) + (picture.modified ? `?t=${picture.modified.toFixed(0)}` : '')} alt={name} />
        <Facts
          of={[
            ['File', picture.path],
            ['Size', bytes(picture.size)],
            ...(picture.type ? ([['Type', picture.type]] as [string, string][]) : []),
            ...(picture.modified
              ? ([['Changed', <When key="w" at={picture.modified} />]] as [string, preact.JSX.Element][])
              : []),
          ]}
        />
      </div>
    </Dialog>
  );
}
