/** Overlay images and fonts: what is there, adding, looking, deleting. */
import { useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { address, body, client, post } from '../../api/client';
import { Card, Empty, Loaded } from '../../components/basics';
import { ask } from '../../components/dialog';
import { Drop } from '../../components/drop';
import { bytes } from '../../lib/format';
import { useResource } from '../../lib/resource';
import { tell } from '../../lib/toast';
import { t } from '../../texts';
import { forgetOverlayFiles } from './Field';

type OverlayFile = components['schemas']['OverlayFile'];

const ACCEPTED = '.png,.jpg,.jpeg,.ttf,.otf,.ttc,.otc';

export function Files() {
  const files = useResource((signal) => client.GET('/api/overlayfiles', { signal }).then(body));
  async function upload(chosen: readonly File[]) {
    for (const file of chosen) await tell(send(file), t('settings.file_added', { name: file.name }));
    forgetOverlayFiles();
    files.reload();
  }
  async function remove(file: OverlayFile) {
    const sure = await ask({
      title: t('settings.delete_file', { name: file.name }),
      text: t('settings.delete_file_text'),
      confirm: t('common.delete'),
      danger: true,
    });
    if (!sure) return;
    await tell(
      client.DELETE('/api/overlayfiles/{filename}', { params: { path: { filename: file.name } } }),
      t('settings.file_deleted', { name: file.name }),
    );
    forgetOverlayFiles();
    files.reload();
  }
  return (
    <Card title={t('settings.files')}>
      <Drop low multiple accept={ACCEPTED} onFiles={upload}>
        {t('settings.drop_files')}
      </Drop>
      <Loaded of={files}>
        {({ files: found }) =>
          found.length === 0 ? (
            <Empty>{t('settings.no_files')}</Empty>
          ) : (
            <ul class="shelf wide files">
              {found.map((file) => (
                <li key={file.name}>
                  <Sample of={file} />
                  <span class="truncate" title={file.name}>
                    {file.name}
                  </span>
                  <div class="row">
                    <span class="muted small-text grow">{bytes(file.size)}</span>
                    <button
                      type="button"
                      class="button small"
                      aria-label={t('settings.delete_named', { name: file.name })}
                      onClick={() => remove(file)}
                    >
                      {t('common.delete')}
                    </button>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Sample({ of }: { of: OverlayFile }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <span class="no-preview muted small-text">{t('settings.unreadable_file')}</span>;
  return <img src={preview(of)} alt="" loading="lazy" onError={() => setBroken(true)} />;
}

function preview(file: OverlayFile): string {
  const name = encodeURIComponent(file.name);
  return file.type === 'font'
    ? address(`/api/fonts/preview/${name}?text=AaBbCc&v=${file.size}`)
    : address(`/api/overlayfiles/preview/${name}?v=${file.size}`);
}

async function send(file: File): Promise<void> {
  const data = new FormData();
  data.set('file', file);
  await post('/api/overlayfiles/upload', data);
}
