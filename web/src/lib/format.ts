/** Numbers, sizes and times as people read them. */
import { plural } from './words';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Memory as `/api/system-info` tells it (`24105 MB`) in the units of everything else. */
export function memory(text: string): string {
  const megabytes = Number.parseInt(text, 10);
  return Number.isNaN(megabytes) ? 'unknown' : bytes(megabytes * 1024 * 1024);
}

/** `1 h 04 min`, `3 min 09 s`, `12 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes, rest] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (days) return hours ? `${days} d ${hours} h` : plural(days, 'day');
  if (hours) return `${hours} h ${pad(minutes)} min`;
  if (minutes) return `${minutes} min ${pad(rest)} s`;
  return `${rest} s`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const STEPS: [limit: number, size: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [86_400 * 30, 86_400, 'day'],
  [86_400 * 365, 86_400 * 30, 'month'],
  [Number.POSITIVE_INFINITY, 86_400 * 365, 'year'],
];

/** `in 3 hours`, `2 minutes ago`. */
export function ago(when: Date, now = Date.now()): string {
  const seconds = (when.getTime() - now) / 1000;
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  if (!step) return '';
  const [, size, unit] = step;
  return relative.format(Math.trunc(seconds / size), unit);
}

const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function dateTime(when: Date): string {
  return Number.isNaN(when.getTime()) ? '' : dayAndTime.format(when);
}

/** Weekday, day and time of a near date: `Thu, Nov 26, 4:30 AM`. */
export function dayAndClock(when: Date, timeZone: string): string {
  const parts = { weekday: 'short', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat(undefined, { ...parts, timeZone }).format(when);
}

/** The time on this browser's clock, with the weekday: the day may be another one than elsewhere. */
export function clock(when: Date): string {
  return new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: 'numeric', minute: '2-digit' }).format(when);
}

/** The time on the clock of another zone. */
export function inZone(when: Date, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(when);
}
