/** All that there is of a title: its artwork on disk, why it is what it is, what was deleted, and what can be done. */
import { ChevronLeft } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { Card, Empty, Loaded, Page } from '../../components/basics';
import { Thumbnail } from '../../components/thumbnail';
import { caption, type Picture } from '../../lib/library';
import { useQuery } from '../../lib/query';
import { useResource } from '../../lib/resource';
import { inOrder, type Parts, partsOf, picturesOf, titleOf } from '../../lib/titles';
import { t } from '../../texts';
import { Choices } from './Choices';
import { Deleted } from './Deleted';
import { deletePictures } from './delete';
import { GiveBack } from './GiveBack';
import { canRemake, mayRemake, remake } from './remake';
import { useViewer } from './useViewer';
import { Viewer } from './Viewer';

/** Deletes pictures of any kind. */
const FAMILY = '/api/gallery';

export function TitlePage({ path }: { path: string }) {
  const pictures = useResource((signal) => picturesOf(path, signal), [path], ['assets']);
  const parts = partsOf(pictures.data ?? []);
  const all = inOrder(parts);
  const [query, setQuery] = useQuery();
  const viewer = useViewer(query, setQuery, pictures.data && all.length);
  useNamed(all);
  const paths = all.map((picture) => picture.path);
  const open = (picture: Picture) => viewer.show(all.indexOf(picture));
  return (
    <Page
      title={titleOf(path)}
      actions={
        all.length > 0 && (
          <>
            {canRemake() && (
              <button type="button" class="button" disabled={!mayRemake()} onClick={() => remake(paths)}>
                {t('title.remake')}
              </button>
            )}
            <GiveBack path={path} />
            <button type="button" class="button danger" onClick={() => deletePictures(FAMILY, paths)}>
              {t('title.delete')}
            </button>
          </>
        )
      }
    >
      <p>
        <Link href="/library/titles" class="row">
          <ChevronLeft size={16} aria-hidden="true" /> {t('library.titles')}
        </Link>{' '}
        <span class="muted mono">{path}</span>
      </p>
      <Loaded of={pictures}>
        {() => (
          <>
            {all.length === 0 && <Empty>{t('title.nothing')}</Empty>}
            <Hero of={parts} onOpen={open} />
            {parts.seasons.map((season) => (
              <Season key={season.number} of={season} onOpen={open} />
            ))}
            {parts.others.length > 0 && (
              <Card title={t('title.others')}>
                <Shelf of={parts.others} onOpen={open} />
              </Card>
            )}
          </>
        )}
      </Loaded>
      <Deleted path={path} />
      <Choices path={path} />
      {viewer.open !== undefined && (
        <Viewer
          picture={all[viewer.open]}
          onClose={viewer.close}
          onStep={viewer.step}
          ends={{ first: viewer.open === 0, last: viewer.open === all.length - 1 }}
          onDelete={async (picture) => {
            if (await deletePictures(FAMILY, [picture.path])) viewer.close();
          }}
        />
      )}
    </Page>
  );
}

/** Brings the picture into view that the address names, as a search for `S1E3` does. */
function useNamed(all: readonly Picture[]) {
  const named = location.hash.slice(1).toLowerCase();
  const there = all.some((picture) => idOf(picture) === named);
  useEffect(() => {
    if (!there) return;
    const element = document.getElementById(named);
    element?.scrollIntoView({ block: 'center' });
    element?.focus({ preventScroll: true });
  }, [there, named]);
}

/** `s01e03` of `…/S01E03.jpg`. */
function idOf({ path }: Picture): string {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.\w+$/, '')
    .toLowerCase();
}

interface OpenProps<T> {
  of: T;
  onOpen: (picture: Picture) => void;
}

function Hero({ of: { poster, background }, onOpen }: OpenProps<Parts>) {
  if (!poster && !background) return null;
  return (
    <div class="title-hero">
      {poster && <Shot of={poster} width={480} onOpen={onOpen} />}
      {background && <Shot of={background} width={480} wide onOpen={onOpen} />}
    </div>
  );
}

function Season({ of: { number, poster, cards }, onOpen }: OpenProps<Parts['seasons'][number]>) {
  const name = number === 0 ? t('library.specials') : t('library.season', { n: number });
  return (
    <Card title={name} aside={cards.length > 0 && <span class="muted">{t('title.cards', { n: cards.length })}</span>}>
      <div class="title-season">
        {poster && <Shot of={poster} width={320} onOpen={onOpen} />}
        {cards.length > 0 && <Shelf of={cards} wide onOpen={onOpen} />}
      </div>
    </Card>
  );
}

function Shelf({ of, wide = false, onOpen }: OpenProps<readonly Picture[]> & { wide?: boolean }) {
  return (
    <ul class="title-shelf">
      {of.map((picture) => (
        <li key={picture.path}>
          <Shot of={picture} width={320} wide={wide} onOpen={onOpen} />
        </li>
      ))}
    </ul>
  );
}

interface ShotProps extends OpenProps<Picture> {
  width: number;
  wide?: boolean;
}

function Shot({ of, width, wide = false, onOpen }: ShotProps) {
  return (
    <button
      type="button"
      id={idOf(of)}
      class="tile"
      style={{ '--ratio': wide ? '16 / 9' : '2 / 3' }}
      onClick={() => onOpen(of)}
    >
      <span class="thumb">
        <Thumbnail url={of.url} width={width} modified={of.modified} inTurns />
      </span>
      <span class="truncate">{caption(of.path).part}</span>
    </button>
  );
}
