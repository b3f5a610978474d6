/** One picture in full size, with what is known of it. */
import { ChevronLeft, ChevronRight, ImageUp, RotateCw, Trash2 } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { address } from '../../api/client';
import { Facts, Loading, When } from '../../components/basics';
import { Dialog } from '../../components/dialog';
import { bytes } from '../../lib/format';
import { caption, type Picture } from '../../lib/library';
import { linkTo } from '../../lib/titles';
import { typeName } from '../../lib/words';
import { t } from '../../texts';
import { Full } from './Full';
import { Replace } from './Replace';
import { canRemake, mayRemake, remake } from './remake';
import { Why } from './Why';

interface ViewerProps {
  picture: Picture | undefined;
  onClose: () => void;
  onStep?: (step: 1 | -1) => void;
  /** Whether there is one before, and one after. */
  ends?: { first: boolean; last: boolean };
  onDelete?: ((picture: Picture) => void) | undefined;
}

export function Viewer({ picture, onClose, onStep, ends, onDelete }: ViewerProps) {
  const [replacing, setReplacing] = useState(false);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      // A question stands before the picture.
      if (document.querySelectorAll('dialog[open]').length > 1) return;
      if (event.key === 'ArrowRight') onStep?.(1);
      if (event.key === 'ArrowLeft') onStep?.(-1);
      if (event.key === 'Delete' && picture) onDelete?.(picture);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  });
  if (!picture) {
    return (
      <Dialog title={t('viewer.picture')} onClose={onClose}>
        <Loading />
      </Dialog>
    );
  }
  const { title, part } = picture.caption ?? caption(picture.path);
  const isAsset = picture.url.startsWith('/poster_assets/');
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
              <button
                type="button"
                class="icon-button"
                aria-label={t('viewer.previous')}
                disabled={ends?.first}
                onClick={() => onStep(-1)}
              >
                <ChevronLeft />
              </button>
              <button
                type="button"
                class="icon-button"
                aria-label={t('viewer.next')}
                disabled={ends?.last}
                onClick={() => onStep(1)}
              >
                <ChevronRight />
              </button>
            </div>
          )}
          {isAsset && canRemake() && (
            <button type="button" class="button" disabled={!mayRemake()} onClick={() => remake([picture.path])}>
              <RotateCw size={16} aria-hidden="true" /> {t('library.remake')}
            </button>
          )}
          {isAsset && (
            <button type="button" class="button" onClick={() => setReplacing(true)}>
              <ImageUp size={16} aria-hidden="true" /> {t('replace.open')}
            </button>
          )}
          {onDelete && (
            <button type="button" class="button danger" onClick={() => onDelete(picture)}>
              <Trash2 size={16} /> {t('common.delete')}
            </button>
          )}
          <a class="button" href={address(picture.url)} target="_blank" rel="noreferrer">
            {t('viewer.open_file')}
          </a>
        </>
      }
    >
      <div class="viewer">
        <Full key={picture.url} picture={picture} name={name} onStep={onStep} />
        <div class="stack">
          <Facts
            of={[
              [t('viewer.file'), picture.path],
              [t('viewer.size'), bytes(picture.size)],
              ...(picture.type ? ([[t('viewer.type'), typeName(picture.type)]] as [string, string][]) : []),
              ...(picture.modified
                ? ([[t('viewer.changed'), <When key="w" at={picture.modified} />]] as [string, preact.JSX.Element][])
                : []),
            ]}
          />
          <AllOfTitle of={picture} />
          {isAsset && <Why path={picture.path} modified={picture.modified} />}
        </div>
      </div>
      {replacing && <Replace {...picture} onClose={() => setReplacing(false)} onDone={onClose} />}
    </Dialog>
  );
}

/** The way to the page of the title, where it has a folder of its own. */
function AllOfTitle({ of: { path, url } }: { of: Picture }) {
  const [place] = useLocation();
  const [library, folder, file] = path.split('/');
  const isOfTitle = url.startsWith('/poster_assets/') && file !== undefined;
  if (!isOfTitle || place.startsWith('/library/title/')) return null;
  return <Link href={linkTo(`${library}/${folder}`)}>{t('viewer.all_of_title')}</Link>;
}
