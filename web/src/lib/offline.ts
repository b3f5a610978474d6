/** What an installed page says where the daemon cannot be reached: kept in the browser, in the language that was read last. */
import { effect } from '@preact/signals';
import { address } from '../api/client';
import page from '../offline.html?raw';
import { language, t } from '../texts';

const CACHE = 'posterizarrd-offline';
/** What it is: a name, not text. */
const TYPE = 'text/html; charset=utf-8';

/** Browsers take no worker from a page that came without encryption, unless it came from the same machine. */
export function keepNotice() {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register(address('/sw.js')).catch((cause) => console.warn('no notice when offline', cause));
  effect(() => {
    const notice = new Response(written(), { headers: { 'content-type': TYPE } });
    void caches.open(CACHE).then((cache) => cache.put(address('/offline.html'), notice));
  });
}

function written(): string {
  const texts = { title: t('frame.offline_title'), text: t('frame.offline_text'), again: t('frame.try_again') };
  const inLanguage = page.replace('lang="en"', `lang="${language()}"`);
  return Object.entries(texts).reduce((text, [name, value]) => text.replace(`{${name}}`, value), inLanguage);
}
