/** What the logo updater is told: in which library of Plex, and what becomes of the logos there. */

export const CHANGES = ['fill', 'replace', 'revert'] as const;
export type LogoChange = (typeof CHANGES)[number];

export interface Logos {
  /** Empty: all of them. */
  library: string;
  change: LogoChange;
}

/** As it is stored and posted: two switches, of which one counts only without the other. */
export interface StoredLogos {
  library?: string | null;
  force_replace?: boolean | string | null;
  revert?: boolean | string | null;
}

export function logosOf({ library, force_replace, revert }: StoredLogos): Logos {
  const named = library === 'all' ? '' : (library ?? '');
  return { library: named, change: isOn(revert) ? 'revert' : isOn(force_replace) ? 'replace' : 'fill' };
}

export function storedLogos({ library, change }: Logos) {
  return {
    library: library.trim() || 'all',
    force_replace: change === 'replace',
    revert: change === 'revert',
  };
}

/** Old files may have the switches as texts. */
function isOn(value: boolean | string | null | undefined): boolean {
  return String(value).toLowerCase() === 'true';
}
