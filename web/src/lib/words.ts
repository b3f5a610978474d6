/** The daemon's terms in words for people. */

const MODES: Record<string, string> = {
  normal: 'Normal run',
  testing: 'Testing',
  manual: 'Manual',
  backup: 'Backup',
  syncjelly: 'Sync to Jellyfin',
  syncemby: 'Sync to Emby',
  reset: 'Poster reset',
  scheduled: 'Scheduled run',
  tautulli: 'Tautulli trigger',
  arr: 'Sonarr/Radarr trigger',
};

export function modeName(mode: string | null | undefined): string {
  return mode ? (MODES[mode] ?? mode) : 'Run';
}

const TRIGGERS: Record<string, string> = {
  api: 'started here',
  schedule: 'by schedule',
  webhook: 'by a webhook',
  command_line: 'from the command line',
  foreign: 'started outside',
};

export function triggerText(trigger: string | null | undefined): string {
  return trigger ? (TRIGGERS[trigger] ?? trigger) : '';
}

const OUTCOMES: Record<string, string> = {
  completed: 'completed',
  failed: 'failed',
  busy: 'another run was on',
  stopped: 'stopped',
  killed: 'killed',
  timed_out: 'took too long',
  interrupted: 'interrupted by a stop of the daemon',
  unknown: 'ended, how is not known',
  fired: 'started',
  caught_up: 'made up for',
  skipped: 'skipped',
  missed: 'missed',
};

export function outcomeText(outcome: string | null | undefined): string {
  return outcome ? (OUTCOMES[outcome] ?? outcome) : 'running';
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'accent';

export function outcomeTone(outcome: string | null | undefined): Tone {
  if (!outcome) return 'accent';
  if (['completed', 'fired', 'caught_up', 'queued'].includes(outcome)) return 'good';
  if (['failed', 'missed', 'unknown', 'refused', 'timed_out', 'killed'].includes(outcome)) return 'bad';
  return 'warn';
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
