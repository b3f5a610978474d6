/** One picture made by hand: dropped or named, with the texts that go on it. */
import { ImageUp } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { body, client, post } from '../../api/client';
import { Card } from '../../components/basics';
import { Drop } from '../../components/drop';
import { SelectField, TextField } from '../../components/fields';
import { Preview, type SampleKind, sample, type Wanted } from '../../components/preview';
import { useBusy } from '../../components/run';
import { tell } from '../../components/toast';
import { refreshStatus, status } from '../../live/state';

type PosterType = components['schemas']['PosterType'];

const TYPES: readonly [PosterType, string][] = [
  ['standard', 'Poster'],
  ['season', 'Season poster'],
  ['titlecard', 'Title card'],
  ['background', 'Background'],
  ['collection', 'Collection'],
];

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

export function ManualRun() {
  const [form, setForm] = useState(BLANK);
  const [file, setFile] = useState<File>();
  const busy = useBusy();
  const set = (field: keyof Form) => (value: string) => setForm({ ...form, [field]: value });
  const of = form.posterType;

  async function submit(event: Event) {
    event.preventDefault();
    const started = await tell(
      file ? upload(form, file) : client.POST('/api/run-manual', { body: form }).then(body),
      (answer) => answer.message,
    );
    if (!started) return;
    setFile(undefined);
    setForm({ ...BLANK, posterType: of, libraryName: form.libraryName });
    await refreshStatus().catch(() => {});
  }

  return (
    <Card title="Manual: one picture of your own">
      <form class="manual" onSubmit={(event) => busy.while(submit(event))}>
        <Source file={file} onFile={setFile} />
        <div class="stack">
          <div class="fields">
            <SelectField label="What it is" value={of} onValue={set('posterType')} options={TYPES} />
            {!file && (
              <TextField
                label="Picture"
                help="A path on the daemon's machine, or an address; or drop a file at the side."
                value={form.picturePath}
                onValue={set('picturePath')}
                required
              />
            )}
            <TextField
              label="Library"
              value={form.libraryName}
              onValue={set('libraryName')}
              required={of !== 'collection'}
            />
            <TextField
              label={of === 'collection' ? 'Collection' : 'Folder'}
              help={
                of === 'collection'
                  ? undefined
                  : 'The title’s folder in the library, such as Dark (2017) {tvdb-334824}.'
              }
              value={form.folderName}
              onValue={set('folderName')}
              required
            />
            {of !== 'titlecard' && (
              <TextField label="Text on the picture" value={form.titletext} onValue={set('titletext')} required />
            )}
            {(of === 'season' || of === 'titlecard') && (
              <TextField
                label="Season"
                help="Such as Season 1, or Specials."
                value={form.seasonPosterName}
                onValue={set('seasonPosterName')}
                required
              />
            )}
            {of === 'titlecard' && (
              <>
                <TextField label="Episode title" value={form.epTitleName} onValue={set('epTitleName')} required />
                <TextField
                  label="Episode number"
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
              Make this picture
            </button>
            {status.value?.running && <span class="muted small-text">Waits until the present run is over.</span>}
          </div>
        </div>
        <HowItComesOut of={preview(form, file)} />
      </form>
    </Card>
  );
}

function HowItComesOut({ of }: { of: Wanted | undefined }) {
  return of ? (
    <Preview of={of} alt="How it comes out" />
  ) : (
    <div class="sample-waiting small-text">How it comes out is seen here.</div>
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

async function upload(form: Form, file: File) {
  const response = await post('/api/run-manual-upload', formData({ ...form }, file));
  return (await response.json()) as { message: string };
}

/** What the daemon takes. */
const PICTURES = '.jpg,.jpeg,.png,.webp,.bmp,.tiff';

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
          <img src={preview} alt="The chosen file" onError={() => setPreview(undefined)} />
        ) : (
          <ImageUp size={28} aria-hidden="true" />
        )}
        <span>{file ? file.name : 'Drop a picture here, or choose one'}</span>
      </Drop>
      {file && (
        <button type="button" class="button small" onClick={() => onFile(undefined)}>
          Remove the file
        </button>
      )}
    </div>
  );
}
