/** One picture made by hand: dropped or named, with the texts that go on it. */
import { ImageUp } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { components } from '../../../types/schema';
import { body, client, post } from '../../api/client';
import { Card } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { Dialog } from '../../components/dialog';
import { Drop } from '../../components/drop';
import { SelectField, TextField } from '../../components/fields';
import { Finding, Reason } from '../../components/finding';
import { Preview, type SampleKind, sample, type Wanted } from '../../components/preview';
import { lastReadiness } from '../../lib/readiness';
import { type Asset, mediaTypeOf } from '../../lib/replacing';
import { useResource } from '../../lib/resource';
import { wayOf } from '../../lib/steps';
import { linkTo } from '../../lib/titles';
import { tell } from '../../lib/toast';
import { modeName, outcomeText, outcomeTone, plainReason } from '../../lib/words';
import { refreshStatus, status } from '../../live/state';
import { t } from '../../texts';
import { Offers } from '../library/Offers';
import '../../styles/replace.css';

type PosterType = components['schemas']['PosterType'];

const TYPES: readonly PosterType[] = ['standard', 'season', 'titlecard', 'background', 'collection'];

interface Form {
  posterType: PosterType;
  picturePath: string;
  titletext: string;
  folderName: string;
  libraryName: string;
  seasonPosterName: string;
  epTitleName: string;
  episodeNumber: string;
}

const SAMPLES: Record<PosterType, SampleKind> = {
  standard: 'poster',
  season: 'season',
  titlecard: 'titlecard',
  background: 'background',
  collection: 'collection',
};

const BLANK: Form = {
  posterType: 'standard',
  picturePath: '',
  titletext: '',
  folderName: '',
  libraryName: '',
  seasonPosterName: '',
  epTitleName: '',
  episodeNumber: '',
};

/** What a run was asked for. */
interface Sent {
  run: number;
  form: Form;
  file: File | undefined;
}

export function ManualRun() {
  const [form, setForm] = useState(BLANK);
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState<Sent>();
  const busy = useBusy();
  const set = (field: keyof Form) => (value: string) => setForm({ ...form, [field]: value });
  const of = form.posterType;

  const [searching, setSearching] = useState(false);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setSent(undefined);
    const queued = event.submitter instanceof HTMLButtonElement && event.submitter.name === QUEUED;
    const started = await tell(
      file
        ? upload(form, queued, file)
        : client.POST('/api/run-manual', { body: { ...form, add_to_queue: queued } }).then(body),
      queued ? t('replace.queued') : t('run.started', { run: modeName('manual') }),
    );
    // What waits in the queue is kept there with its picture.
    if (started && queued) clear();
    else if (started) setSent({ run: started.run_id, form, file });
    await refreshStatus().catch(() => {});
  }

  /** Nothing is cleared before the picture is there, nor what was entered meanwhile. */
  function made(done: Sent) {
    if (form === done.form && file === done.file) clear();
  }

  function clear() {
    setFile(undefined);
    setForm({ ...BLANK, posterType: of, libraryName: form.libraryName });
  }

  return (
    <Card title={t('manual.title')}>
      <form class="manual" onSubmit={(event) => busy.while(submit(event))}>
        <Source file={file} onFile={setFile} />
        <div class="stack">
          <NoFolder />
          <div class="fields">
            <SelectField
              label={t('manual.type')}
              value={of}
              onValue={set('posterType')}
              options={TYPES.map((type) => [type, t(`kind.${type}`)])}
            />
            {!file && (
              <TextField
                label={t('manual.picture')}
                help={t('manual.picture_help')}
                value={form.picturePath}
                onValue={set('picturePath')}
                required
                beside={
                  <button type="button" class="button" onClick={() => setSearching(true)}>
                    {t('replace.find')}
                  </button>
                }
              />
            )}
            <TextField
              label={t('common.library')}
              value={form.libraryName}
              onValue={set('libraryName')}
              required={of !== 'collection'}
            />
            <TextField
              label={of === 'collection' ? t('manual.collection') : t('manual.folder')}
              help={of === 'collection' ? undefined : t('manual.folder_help')}
              value={form.folderName}
              onValue={set('folderName')}
              required
            />
            {of !== 'titlecard' && (
              <TextField
                label={t('manual.text')}
                help={t('manual.text_help')}
                value={form.titletext}
                onValue={set('titletext')}
              />
            )}
            {(of === 'season' || of === 'titlecard') && (
              <TextField
                label={t('manual.season')}
                help={t('manual.season_help')}
                value={form.seasonPosterName}
                onValue={set('seasonPosterName')}
                required
              />
            )}
            {of === 'titlecard' && (
              <>
                <TextField
                  label={t('manual.episode_title')}
                  value={form.epTitleName}
                  onValue={set('epTitleName')}
                  required
                />
                <TextField
                  label={t('manual.episode_number')}
                  inputMode="numeric"
                  pattern="[0-9]+"
                  value={form.episodeNumber}
                  onValue={set('episodeNumber')}
                  required
                />
              </>
            )}
          </div>
          <div class="row">
            <button type="submit" class="button primary" disabled={busy.on || status.value?.running}>
              {t('manual.make')}
            </button>
            <button type="submit" class="button" name={QUEUED} disabled={busy.on}>
              {t('replace.add')}
            </button>
            <Link href="/library/queue">{t('replace.to_queue')}</Link>
            {status.value?.running && <span class="muted small-text">{t('common.waits')}</span>}
          </div>
          {sent && <Outcome key={sent.run} of={sent} onMade={made} />}
        </div>
        <HowItComesOut of={preview(form, file)} />
      </form>
      {searching && <Search form={form} onClose={() => setSearching(false)} onPicture={set('picturePath')} />}
    </Card>
  );
}

/** The button whose press means that the run waits in the queue: names, not texts. */
const QUEUED = 'queued';

interface SearchProps {
  form: Form;
  onClose: () => void;
  onPicture: (address: string) => void;
}

/** Choosing a picture of the providers. */
function Search({ form, onClose, onPicture }: SearchProps) {
  const asset = assetOf(form);
  return (
    <Dialog title={t('replace.providers')} onClose={onClose} wide>
      <Offers
        asset={asset}
        media={mediaTypeOf(asset, undefined)}
        chosen={form.picturePath}
        onChoose={(offer) => {
          onPicture(offer.original_url);
          onClose();
        }}
      />
    </Dialog>
  );
}

/** What is looked for, as far as the form tells it yet; it is no asset of the library. */
function assetOf({ posterType, titletext, folderName, seasonPosterName, episodeNumber }: Form): Asset {
  const numberIn = (text: string) => {
    const digits = /\d+$/.exec(text.trim())?.[0];
    return digits === undefined ? undefined : Number(digits);
  };
  const [named = '', year] = folderName.split(/\s*\((\d{4})\)/);
  return {
    path: `manual_${posterType}`,
    kind: posterType === 'standard' ? 'poster' : posterType,
    title: named || titletext,
    year: year ? Number(year) : undefined,
    season: numberIn(seasonPosterName),
    episode: numberIn(episodeNumber),
  };
}

/** Where pictures go is not there: said before somebody fills the form. */
function NoFolder() {
  const check = lastReadiness.value?.checks.find(({ id, state }) => id === 'assets_folder' && state === 'error');
  if (!check) return null;
  return (
    <div class="notice tone-warn">
      <Finding of={check} />
      <Link class="button small" href={wayOf(check).href}>
        {wayOf(check).label}
      </Link>
    </div>
  );
}

/** What became of it; a picture that was made leads to its title. */
function Outcome({ of, onMade }: { of: Sent; onMade: (of: Sent) => void }) {
  const run = useResource(
    (signal) => client.GET('/api/runs/{id}', { params: { path: { id: of.run } }, signal }).then(body),
    [of.run],
    ['runs'],
  ).data;
  const outcome = run?.ended ? run.outcome : undefined;
  useEffect(() => {
    if (outcome === 'completed') onMade(of);
  }, [outcome]);
  if (!run || !outcome) return null;
  const { libraryName, folderName, posterType } = of.form;
  return (
    <div class={`notice tone-${outcomeTone(outcome)}`} role="status">
      <span>
        {t('event.finished', { run: modeName('manual'), outcome: outcomeText(outcome) })}
        {run.reason && (
          <>
            {' '}
            <Reason family="run_reason" of={run.because} english={plainReason(run.reason)} />
          </>
        )}
      </span>
      <span class="row">
        {outcome === 'completed' && posterType !== 'collection' && (
          <Link class="button small" href={linkTo(`${libraryName}/${folderName}`)}>
            {t('manual.see')}
          </Link>
        )}
        <Link class="button small" href={`/runs/${of.run}`}>
          {t('event.open_run')}
        </Link>
      </span>
    </div>
  );
}

function HowItComesOut({ of }: { of: Wanted | undefined }) {
  return of ? (
    <Preview of={of} alt={t('manual.preview')} />
  ) : (
    <div class="sample-waiting small-text">{t('manual.no_preview')}</div>
  );
}

/** The dropped picture as the run would make it; without one, how the text comes out, if there is any. */
function preview(form: Form, file: File | undefined): Wanted | undefined {
  const { posterType, titletext, epTitleName, seasonPosterName, episodeNumber } = form;
  if (!file) {
    const title = posterType === 'titlecard' ? epTitleName : titletext;
    return title ? sample({ kind: SAMPLES[posterType], title }) : undefined;
  }
  const texts = { posterType, titletext, epTitleName, seasonPosterName, episodeNumber };
  const key = JSON.stringify([texts, file.name, file.size, file.lastModified]);
  return { path: '/api/preview-upload', body: formData(texts, file), key };
}

function formData(fields: Record<string, string>, file: File): FormData {
  const data = new FormData();
  data.set('file', file);
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

async function upload(form: Form, queued: boolean, file: File) {
  const response = await post('/api/run-manual-upload', formData({ ...form, add_to_queue: String(queued) }, file));
  return (await response.json()) as components['schemas']['RunStarted'];
}

/** What the daemon takes. */
const PICTURES = '.jpg,.jpeg,.png,.webp,.avif,.gif,.bmp,.tiff';

function Source({ file, onFile }: { file: File | undefined; onFile: (file: File | undefined) => void }) {
  const [preview, setPreview] = useState<string>();
  useEffect(() => {
    if (!file) return setPreview(undefined);
    const url = URL.createObjectURL(file);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);
  return (
    <div class="stack">
      <Drop accept={PICTURES} onFiles={([first]) => onFile(first)}>
        {preview ? (
          // Browsers show no TIFF.
          <img src={preview} alt={t('manual.chosen')} onError={() => setPreview(undefined)} />
        ) : (
          <ImageUp size={28} aria-hidden="true" />
        )}
        <span>{file ? file.name : t('manual.drop')}</span>
      </Drop>
      {file && (
        <button type="button" class="button small" onClick={() => onFile(undefined)}>
          {t('manual.remove')}
        </button>
      )}
    </div>
  );
}
