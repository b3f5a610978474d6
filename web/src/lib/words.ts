/** The daemon's terms in words for people. */
import { t, word } from '../texts';

export function modeName(mode: string | null | undefined, dryRun = false): string {
  const name = mode ? word('mode', mode) : t('words.run');
  return dryRun ? t('words.dry_run', { mode: name }) : name;
}

/** What runs, and what for: `Sonarr/Radarr trigger: Dark, S01E02`. */
export function runName({ mode, title, dry_run }: { mode: string; title?: string | null; dry_run?: boolean }): string {
  return [modeName(mode, dry_run), title].filter(Boolean).join(': ');
}

export function triggerText(trigger: string | null | undefined): string {
  return trigger ? word('trigger', trigger) : '';
}

export function outcomeText(outcome: string | null | undefined): string {
  return word('outcome', outcome || 'running');
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'accent';

export function outcomeTone(outcome: string | null | undefined): Tone {
  if (!outcome) return 'accent';
  if (['completed', 'fired', 'caught_up', 'queued'].includes(outcome)) return 'good';
  if (['test', 'ignored', 'duplicate'].includes(outcome)) return 'plain';
  if (['failed', 'missed', 'unknown', 'refused', 'timed_out', 'killed'].includes(outcome)) return 'bad';
  return 'warn';
}

/** What a picture is of, as the script calls it: `Movie Background`. */
export function typeName<T extends string | null | undefined>(type: T): string | Exclude<T, string> {
  return type && word('type', type.toLowerCase().replaceAll(' ', '_'), type);
}

/** Why a run failed, without what only a log needs: exit code, times, levels, places in the code. */
export function plainReason(reason: string): string {
  const lines = reason
    .replace(/^exit code \d+; last lines: /, '')
    .replace(/\[\d{4}-\d\d-\d\d[ T][^\]]*\]\s*\[\w+\]\s*\|L\.\s*\d+\s*\|\s*/g, '')
    .replace(/\s*\[ERROR-HERE\] errorCount: \d+/g, '');
  return sentence(lines.trim() || reason);
}

/** A text of the daemon as it begins where it stands by itself. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The program that sent a webhook. */
export function senderName(source: string): string {
  return sentence(source === 'unknown' ? t('format.unknown') : source);
}

/** Which program sent a webhook, and about what: `Sonarr Download`. */
export function sentFrom({ source, event }: { source: string; event: string }): string {
  return `${senderName(source)} ${event}`.trim();
}
