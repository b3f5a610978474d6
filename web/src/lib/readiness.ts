/** Whether a run over the library can work, and where what is missing is set. */
import { signal } from '@preact/signals';
import type { components } from '../../types/schema';
import { body, client } from '../api/client';
import { newsOf } from '../live/state';
import { type Key, said, t, word } from '../texts';
import { readable } from './config';
import { useResource } from './resource';
import { remembered } from './settings';
import { sentence, type Tone } from './words';

export type Readiness = components['schemas']['Readiness'];
export type Check = Readiness['checks'][number];

/** Whether this browser has once seen that all is well: from then on the dashboard does not ask others for it any more. */
export const wasReady = remembered('was-ready', false);

/** Whether the setup assistant was opened here once: from then on it does not open by itself. */
export const setupOffered = remembered('setup-offered', false);

/** What was told last; others are asked for it, which takes its time. */
export const lastReadiness = signal<Readiness | undefined>();

export async function readiness(abort: AbortSignal): Promise<Readiness> {
  const told = body(await client.GET('/api/readiness', { signal: abort }));
  lastReadiness.value = told;
  if (told.ready) wasReady.value = true;
  return told;
}

/** The edition of the settings that the daemon was asked about last. */
let askedAbout: number | undefined;
let asking: Promise<Readiness> | undefined;

/** Keeps `lastReadiness` true to the settings: asks at the first need of it, and when they have changed. */
export function useReadiness(wanted = true) {
  const edition = newsOf(['config']);
  useResource(
    async () => {
      if (!wanted) return undefined;
      if (askedAbout !== edition || !asking) asking = readiness(new AbortController().signal);
      askedAbout = edition;
      // A question that failed is asked again at the next need.
      asking.catch(() => {
        askedAbout = undefined;
      });
      return asking;
    },
    [],
    ['config'],
  );
}

const ORDER: readonly Check['state'][] = ['error', 'warning', 'ok'];

/** What must be done comes first, then what may be, then what is well. */
export function inOrder(checks: readonly Check[]): Check[] {
  return ORDER.flatMap((state) => checks.filter((check) => check.state === state));
}

export const STATES: Record<Check['state'], Tone> = { error: 'bad', warning: 'warn', ok: 'good' };

/** A key of config.json, such as `PlexPart.PlexUrl`, in words. */
export function settingLabel(key: string): string {
  const name = key.split('.').at(-1) ?? key;
  return word('need', name, readable(name));
}

/** A text in which keys of config.json are named, in words. */
export function withLabels(text: string): string {
  return text.replace(/\b[A-Z]\w*Part\.\w+/g, settingLabel);
}

/** What a check found, as far as this page has words for it. */
export function findingOf({ code, params }: Pick<Check, 'code' | 'params'>): string | undefined {
  const own = said('finding', code, params);
  return own && withLabels(own);
}

/** What a check found, in this page's words or the daemon's. */
export function messageOf(check: Check): string {
  return findingOf(check) ?? `${sentence(withLabels(check.message))}.`;
}

/** The same with what to do about it. */
export function adviceOf(check: Check): string {
  const mend = said('mend', check.code, check.params) ?? (check.mend && `${sentence(withLabels(check.mend))}.`);
  return [messageOf(check), mend].filter(Boolean).join(' ');
}

/** Pages where a check is mended that is about no single setting. */
const PAGES: Record<string, { href: string; label: Key }> = {
  fonts_and_overlays: { href: '/settings/files', label: 'settings.files' },
  configuration: { href: '/settings', label: 'nav.settings' },
};

/** Where a check is mended. */
export function waysOut({ id, keys }: Check): { href: string; label: string }[] {
  if (keys.length > 0) return keys.map((key) => ({ href: `/settings?key=${key}`, label: settingLabel(key) }));
  const page = PAGES[id];
  return page ? [{ href: page.href, label: t(page.label) }] : [];
}
