/** Overlay images and fonts: what is there, adding, looking, deleting. */
import { useState } from 'preact/hooks';
import { address, post, request } from '../../api/client';
import { Card, Empty, Loaded } from '../../components/basics';
import { ask } from '../../components/dialog';
import { Drop } from '../../components/drop';
import { tell } from '../../components/toast';
import { bytes } from '../../lib/format';
import { useResource } from '../../lib/resource';
import { forgetOverlayFiles } from './Field';

interface OverlayFile {
  name: string;
  type: 'image' | 'font';
  extension: string;
  size: number;
}

const ACCEPTED = '.png,.jpg,.jpeg,.ttf,.otf,.woff,.woff2';

export function Files() {
  const files = useResource((signal) => request<{ files: OverlayFile[] }>('GET', '/api/overlayfiles', { signal }));
  async function upload(chosen: readonly File[]) {
    for (const file of chosen) await tell(send(file), (answer) => answer.message);
    forgetOverlayFiles();
    files.reload();
  }
  async function remove(file: OverlayFile) {
    const sure = await ask({
      title: `Delete ${file.name}?`,
      text: 'A setting that names it will find nothing.',
      confirm: 'Delete',
      danger: true,
    });
    if (!sure) return;
    await tell(
      request<{ message: string }>('DELETE', `/api/overlayfiles/${encodeURIComponent(file.name)}`),
      (done) => done.message,
    );
    forgetOverlayFiles();
    files.reload();
  }
  return (
    <Card title="Overlays and fonts">
      <Drop low multiple accept={ACCEPTED} onFiles={upload}>
        Drop images and fonts here, or choose them
      </Drop>
      <Loaded of={files}>
        {({ files: found }) =>
          found.length === 0 ? (
            <Empty>There are none yet.</Empty>
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
                      aria-label={`Delete ${file.name}`}
                      onClick={() => remove(file)}
                    >
                      Delete
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
  if (broken) return <span class="no-preview muted small-text">cannot be read</span>;
  return <img src={preview(of)} alt="" loading="lazy" onError={() => setBroken(true)} />;
}

function preview(file: OverlayFile): string {
  const name = encodeURIComponent(file.name);
  return file.type === 'font'
    ? address(`/api/fonts/preview/${name}?text=AaBbCc&v=${file.size}`)
    : address(`/api/overlayfiles/preview/${name}?v=${file.size}`);
}

async function send(file: File): Promise<{ message: string }> {
  const data = new FormData();
  data.set('file', file);
  const response = await post('/api/overlayfiles/upload', data);
  return (await response.json()) as { message: string };
}
