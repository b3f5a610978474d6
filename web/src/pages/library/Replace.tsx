/** Another picture for an asset: of a provider, from this device, from an address, or the same one with another text. */
import '../../styles/replace.css';
import { ArrowRight, ImageUp } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { body, client, request } from '../../api/client';
import { useBusy } from '../../components/busy';
import { Chips } from '../../components/choose';
import { Dialog } from '../../components/dialog';
import { Drop } from '../../components/drop';
import { TextField } from '../../components/fields';
import { Thumbnail } from '../../components/thumbnail';
import { type AssetSource, sourceText } from '../../lib/assets';
import { caption } from '../../lib/library';
import {
  assetOf,
  isWide,
  type MediaType,
  mediaTypeOf,
  queue,
  type Replaced,
  replace,
  type Source,
} from '../../lib/replacing';
import { useResource } from '../../lib/resource';
import { tell, toast } from '../../lib/toast';
import { changed, refreshStatus, status } from '../../live/state';
import { t } from '../../texts';
import { Offers } from './Offers';

/** What the daemon takes. */
const PICTURES = '.jpg,.jpeg,.png,.webp,.avif,.bmp,.tiff';

const WAYS = ['providers', 'device', 'address', 'same'] as const;
type Way = (typeof WAYS)[number];

interface ReplaceProps {
  /** Below the asset folder. */
  path: string;
  /** Where the present picture is; none where there is none yet. */
  url?: string | null | undefined;
  modified?: number | undefined;
  /** What the daemon calls it, such as `Show Background`. */
  type?: string | null | undefined;
  onClose: () => void;
  /** It was replaced, or is in the queue. */
  onDone?: () => void;
}

export function Replace({ path, url, modified, type, onClose, onDone }: ReplaceProps) {
  const asset = assetOf(path);
  const [way, setWay] = useState<Way>('providers');
  const [source, setSource] = useState<Source>();
  const [drawn, setDrawn] = useState(true);
  const [title, setTitle] = useState(asset.title);
  const [episodeTitle, setEpisodeTitle] = useState('');
  const busy = useBusy();
  const running = status.value?.running ?? false;
  const needsEpisode = drawn && asset.kind === 'titlecard' && !episodeTitle.trim();
  const ready = source !== undefined && !needsEpisode && !busy.on;

  async function submit(queued: boolean) {
    if (!source) return;
    const done = await tell(replace(asset, source, { drawn, title, episodeTitle: episodeTitle.trim(), queued }));
    if (!done) return;
    onClose();
    onDone?.();
    await follow(path, done);
  }

  const { title: name, part } = caption(path);
  return (
    <Dialog
      wide
      title={t('replace.title', { title: name, part })}
      onClose={onClose}
      actions={
        <>
          {running && <span class="muted small-text grow">{t('replace.running')}</span>}
          <button type="button" class="button" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="button" class="button" disabled={!ready} onClick={() => busy.while(submit(true))}>
            {t('replace.add')}
          </button>
          <button
            type="button"
            class="button primary"
            disabled={!ready || running}
            onClick={() => busy.while(submit(false))}
          >
            {t('replace.now')}
          </button>
        </>
      }
    >
      <div class="replace">
        <div class="stack">
          <Chips
            label={t('replace.way')}
            value={way}
            onValue={(next) => {
              setWay(next);
              setSource(undefined);
            }}
            options={WAYS.map((value) => ({ value, name: t(`replace.way_${value}`) }))}
          />
          <From
            way={way}
            asset={asset}
            media={mediaTypeOf(asset, type)}
            source={source}
            onSource={setSource}
            modified={modified}
          />
        </div>
        <div class="stack">
          <BeforeAfter url={url} modified={modified} source={source} wide={isWide(asset.kind)} />
          <label class="row">
            <input type="checkbox" checked={drawn} onChange={(event) => setDrawn(event.currentTarget.checked)} />
            {t('replace.drawn')}
          </label>
          <p class="help">{drawn ? t('replace.drawn_help') : t('replace.plain_help')}</p>
          {drawn && asset.kind !== 'titlecard' && (
            <TextField label={t('replace.text')} help={t('replace.text_help')} value={title} onValue={setTitle} />
          )}
          {drawn && asset.kind === 'titlecard' && (
            <TextField label={t('replace.episode')} value={episodeTitle} onValue={setEpisodeTitle} required />
          )}
          <Link href="/library/queue">{t('replace.to_queue')}</Link>
        </div>
      </div>
    </Dialog>
  );
}

interface FromProps {
  way: Way;
  asset: ReturnType<typeof assetOf>;
  media: MediaType;
  source: Source | undefined;
  onSource: (source: Source | undefined) => void;
  modified: number | undefined;
}

function From({ way, asset, media, source, onSource, modified }: FromProps) {
  const chosen = source && 'address' in source ? source.address : undefined;
  if (way === 'providers') {
    return (
      <Offers
        asset={asset}
        media={media}
        chosen={chosen}
        onChoose={(offer) => onSource({ address: offer.original_url })}
      />
    );
  }
  if (way === 'device') {
    const file = source && 'file' in source ? source.file : undefined;
    return (
      <Drop accept={PICTURES} onFiles={([first]) => first && onSource({ file: first })}>
        <ImageUp size={28} aria-hidden="true" />
        <span>{file ? file.name : t('replace.drop')}</span>
      </Drop>
    );
  }
  if (way === 'address') {
    return (
      <TextField
        label={t('replace.address')}
        type="url"
        inputMode="url"
        value={chosen ?? ''}
        onValue={(value) => onSource(value.trim() ? { address: value.trim() } : undefined)}
      />
    );
  }
  return <Same path={asset.path} modified={modified} onSource={onSource} />;
}

/** The picture that the present one was made of, for another text on it. */
function Same({ path, modified, onSource }: Pick<FromProps, 'modified' | 'onSource'> & { path: string }) {
  const told = useResource(
    (signal) => client.GET('/api/assets/why', { params: { query: { path } }, signal }).then(body),
    [path, modified],
  );
  const made = told.data?.source as AssetSource | null | undefined;
  const at = made && /^https?:/.test(made.address) ? made.address : undefined;
  useEffect(() => {
    if (at) onSource({ address: at });
  }, [at]);
  if (!told.data) return null;
  return <p>{at && made ? t('replace.same', { source: sourceText(made) }) : t('replace.same_unknown')}</p>;
}

interface BeforeAfterProps {
  url: string | null | undefined;
  modified: number | undefined;
  source: Source | undefined;
  wide: boolean;
}

function BeforeAfter({ url, modified, source, wide }: BeforeAfterProps) {
  const after = useShown(source);
  return (
    <div class={wide ? 'before-after wide' : 'before-after'}>
      <figure>
        {url ? <Thumbnail url={url} width={320} modified={modified} /> : <span class="no-picture" />}
        <figcaption class="muted small-text">{t('replace.before')}</figcaption>
      </figure>
      <ArrowRight aria-hidden="true" />
      <figure>
        {after ? <img key={after} src={after} alt={t('replace.chosen')} /> : <span class="no-picture" />}
        <figcaption class="muted small-text">{t('replace.after')}</figcaption>
      </figure>
    </div>
  );
}

/** An address at which the browser can show what is chosen. */
function useShown(source: Source | undefined): string | undefined {
  const [shown, setShown] = useState<string>();
  useEffect(() => {
    if (!source) return setShown(undefined);
    if ('address' in source) return setShown(source.address);
    const made = URL.createObjectURL(source.file);
    setShown(made);
    return () => URL.revokeObjectURL(made);
  }, [source]);
  return shown;
}

/** Tells what became of it, with a way back. */
async function follow(path: string, done: Replaced) {
  await refreshStatus().catch(() => {});
  if (done.queued) return toast(t('replace.queued'), 'good');
  if (done.manual_run_error) toast(t('replace.not_drawn', { reason: done.manual_run_error }), 'bad');
  if (done.queue_id == null || !done.manual_run_triggered) {
    changed('assets');
    return toast(t('replace.done'), 'good', { label: t('common.undo'), run: () => void undo(path, done.trashed) });
  }
  const failure = await made(done.queue_id);
  changed('assets');
  if (failure !== undefined) return toast(t('replace.failed', { reason: failure }), 'bad');
  toast(t('replace.done'), 'good', { label: t('common.undo'), run: () => void undo(path, undefined) });
}

/** How often it is looked whether a picture is made, in milliseconds. */
const LOOK_EVERY = 500;

/** Waits until a picture is made; gives why it is not. */
async function made(id: number): Promise<string | undefined> {
  for (;;) {
    const item = await queue()
      .then((items) => items.find((one) => one.id === id) ?? null)
      .catch(() => undefined);
    if (item === null || item?.status === 'completed') return undefined;
    if (item?.status === 'failed') return item.error_message ?? '';
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** Brings back what was there before; of what a run has made, the newest in the trash is that. */
async function undo(path: string, trashed: readonly string[] | undefined) {
  const work = async () => {
    if (trashed !== undefined) {
      // It became the user's own asset.
      await request('POST', '/api/manual-assets/bulk-delete', { body: { paths: [path] } });
    }
    const ids = trashed ?? (await newestOf(path));
    for (const id of ids) {
      await client.POST('/api/trash/{id}/restore', { params: { path: { id }, query: { replace: true } } });
    }
  };
  await tell(work(), t('replace.undone'));
  changed('assets');
}

async function newestOf(path: string): Promise<string[]> {
  const { entries } = body(await client.GET('/api/trash'));
  const stem = (of: string) => of.replace(/\.\w+$/, '');
  const newest = entries.find((entry) => stem(entry.path) === stem(path));
  return newest ? [newest.id] : [];
}
