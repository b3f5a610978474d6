/** Support information: one file without secrets, for a bug report. */
import { address, failure } from '../api/client';

export async function downloadSupport() {
  const response = await fetch(address('/api/admin/support-zip'), { method: 'POST' });
  if (!response.ok) throw await failure(response);
  const name = /filename="?([^";]+)/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name ?? 'support.zip';
  link.click();
  URL.revokeObjectURL(link.href);
}
