/** A folder of the daemon's machine: typed, or found by looking through its folders. */
import { CornerLeftUp, Folder } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { components } from '../../types/schema';
import { type ApiError, body, client } from '../api/client';
import { asError } from '../lib/errors';
import { sentence } from '../lib/words';
import { t } from '../texts';
import { Badge, Loading, Problem } from './basics';
import { useBusy } from './busy';
import { Dialog } from './dialog';
import { TextField } from './fields';
import { Reason } from './finding';

interface FolderFieldProps {
  label: string;
  help?: string;
  problem?: string | undefined;
  value: string;
  onValue: (value: string) => void;
}

export function FolderField(field: FolderFieldProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <TextField
        {...field}
        spellcheck={false}
        autocomplete="off"
        beside={
          <button type="button" class="button small" onClick={() => setOpen(true)}>
            <span aria-hidden="true">{t('folder.choose')}</span>
            <span class="visually-hidden">{t('folder.choose_for', { name: field.label })}</span>
          </button>
        }
      />
      {open && (
        <FolderPicker
          title={field.label}
          start={field.value}
          onClose={() => setOpen(false)}
          onFolder={(path) => {
            field.onValue(path);
            setOpen(false);
          }}
        />
      )}
    </>
  );
}

type MachineFolder = components['schemas']['MachineFolder'];

interface FolderPickerProps {
  title: string;
  /** Where it begins; the data folder, where this is none. */
  start: string;
  onClose: () => void;
  onFolder: (path: string) => void;
}

function FolderPicker({ title, start, onClose, onFolder }: FolderPickerProps) {
  const [shown, setShown] = useState<MachineFolder>();
  const [error, setError] = useState<ApiError>();
  const [name, setName] = useState('');
  const busy = useBusy();
  const place = useRef<HTMLParagraphElement>(null);

  async function take(answer: Promise<MachineFolder>): Promise<boolean> {
    try {
      setShown(await answer);
      setError(undefined);
      return true;
    } catch (cause) {
      setError(asError(cause));
      return false;
    }
  }
  const look = (path?: string) => take(folderAt(path));

  /** Goes to a folder; the list that had the focus is another one then. */
  async function go(path: string) {
    if (await look(path)) place.current?.focus();
  }

  useEffect(() => {
    // What is set may not be there yet, or be meant within the data folder.
    const begin = start.startsWith('/') ? folderAt(start) : Promise.reject();
    begin.then(setShown, () => look());
  }, []);

  async function make() {
    if (!shown || !name.trim()) return;
    const made = client.POST('/api/folders', { body: { path: inside(shown.path, name.trim()) } });
    if (await take(made.then(body))) setName('');
  }

  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <button type="button" class="button" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button
            type="button"
            class="button primary"
            disabled={!shown || Boolean(shown.refusal)}
            onClick={() => shown && onFolder(shown.path)}
          >
            {t('folder.use')}
          </button>
        </>
      }
    >
      {!shown && !error && <Loading />}
      {error && <Problem error={error} />}
      {shown && (
        <>
          <p class="row" ref={place} tabIndex={-1}>
            <code class="grow">{shown.path}</code>
            <Badge tone={shown.writable ? 'good' : 'warn'}>
              {shown.writable ? t('folder.writable') : t('folder.not_writable')}
            </Badge>
          </p>
          {shown.refusal && (
            <p class="notice tone-warn small-text">
              <Reason family="wrong" of={shown.refusal_because} english={sentence(shown.refusal)} />
            </p>
          )}
          <ul class="plain-list folder-list" aria-label={t('folder.inside', { path: shown.path })}>
            {shown.parent && (
              <li>
                <button type="button" class="button small" onClick={() => go(shown.parent ?? '/')}>
                  <CornerLeftUp size={16} aria-hidden="true" /> {t('folder.up')}
                </button>
              </li>
            )}
            {shown.folders.map((folder) => (
              <li key={folder}>
                <button type="button" class="button small" onClick={() => go(inside(shown.path, folder))}>
                  <Folder size={16} aria-hidden="true" /> {folder}
                </button>
              </li>
            ))}
          </ul>
          {shown.truncated && <p class="muted small-text">{t('folder.more')}</p>}
          <div class="row nowrap">
            <input
              aria-label={t('folder.name')}
              placeholder={t('folder.name')}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                // The dialog may stand inside a form of the page.
                event.preventDefault();
                void busy.while(make());
              }}
            />
            <button type="button" class="button" disabled={!name.trim() || busy.on} onClick={() => busy.while(make())}>
              {t('folder.make')}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

/** The data folder, where none is named. */
async function folderAt(path?: string): Promise<MachineFolder> {
  return body(await client.GET('/api/folders', { params: { query: path === undefined ? {} : { path } } }));
}

function inside(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}
