/** The parts of a log line, for colours. */

export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

const LEVEL = /^\[[^\]]+\] ?\[\s*([A-Za-z]+)\s*\]/;

const LEVELS: Record<string, Level> = {
  TRACE: 'DEBUG',
  DEBUG: 'DEBUG',
  OPTIONAL: 'DEBUG',
  INFO: 'INFO',
  SUCCESS: 'INFO',
  WARN: 'WARNING',
  WARNING: 'WARNING',
  ERROR: 'ERROR',
  CRITICAL: 'ERROR',
};

/** The level that a line names; none for the continuation of the line before it. */
export function levelOf(line: string): Level | undefined {
  const name = LEVEL.exec(line)?.[1];
  return name ? LEVELS[name.toUpperCase()] : undefined;
}
