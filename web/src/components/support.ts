/** Support information: one file without secrets, for a bug report. */
import { post } from '../api/client';

export async function downloadSupport() {
  const response = await post('/api/admin/support-zip');
  const name = /filename="?([^";]+)/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name ?? 'support.zip';
  link.click();
  URL.revokeObjectURL(link.href);
}
