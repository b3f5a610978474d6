/** Numbers, sizes and times as people read them, in the language of the page. */
import { locale, t } from '../texts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function number(value: number): string {
  return value.toLocaleString(locale());
}

/** A share of 1. */
export function percent(share: number): string {
  return share.toLocaleString(locale(), { style: 'percent' });
}

/** `mon` as this language writes it; what is no day stays. */
export function weekday(day: string): string {
  const index = DAYS.indexOf(day.slice(0, 3).toLowerCase());
  // The first of January 2024 was a Monday.
  return index < 0 ? day : dates(locale(), 'weekday', 'UTC').format(Date.UTC(2024, 0, 1 + index));
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Several things in one sentence: `TMDB, TVDB and Plex`. */
export function list(of: readonly string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(of);
}

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  const shown = value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${shown} ${UNITS[unit]}`;
}

/** Memory as `/api/system-info` tells it (`24105 MB`) in the units of everything else. */
export function memory(text: string): string {
  const megabytes = Number.parseInt(text, 10);
  return Number.isNaN(megabytes) ? t('format.unknown') : bytes(megabytes * 1024 * 1024);
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
  if (days) return hours ? t('format.days_hours', { days, hours }) : t('format.days', { days });
  if (hours) return t('format.hours_minutes', { hours, minutes: pad(minutes) });
  if (minutes) return t('format.minutes_seconds', { minutes, seconds: pad(rest) });
  return t('format.seconds', { seconds: rest });
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

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
  // Tomorrow is the next day of the calendar, and not what is 24 to 48 hours away.
  const count = unit === 'day' ? daysBetween(new Date(now), when) : Math.trunc(seconds / size);
  return relative(locale()).format(count, unit);
}

/** How many days of this browser's calendar lie between two instants. */
function daysBetween(from: Date, to: Date): number {
  const day = (of: Date) => Date.UTC(of.getFullYear(), of.getMonth(), of.getDate());
  return (day(to) - day(from)) / 86_400_000;
}

export function dateTime(when: Date): string {
  return written(when, 'day');
}

/** Day and time with the zone that they are told in. */
export function exact(when: Date): string {
  return written(when, 'exact');
}

/** Weekday, day and time of a near date: `Thu, Nov 26, 4:30 AM`. */
export function dayAndClock(when: Date, timeZone: string): string {
  return written(when, 'near', timeZone);
}

/** The time on this browser's clock, with the weekday: the day may be another one than elsewhere. */
export function clock(when: Date): string {
  return written(when, 'clock');
}

/** The time on the clock of another zone. */
export function inZone(when: Date, timeZone: string): string {
  return written(when, 'day', timeZone);
}

const FORMS = {
  day: { dateStyle: 'medium', timeStyle: 'short' },
  exact: {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  },
  near: { weekday: 'short', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  weekday: { weekday: 'short' },
  clock: { weekday: 'short', hour: 'numeric', minute: '2-digit' },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

function written(when: Date, form: keyof typeof FORMS, timeZone?: string): string {
  return Number.isNaN(when.getTime()) ? '' : dates(locale(), form, timeZone).format(when);
}

// Making a formatter takes longer than all that is formatted with it on a page.
const relative = kept((tag: string) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }));
const dates = kept((tag: string, form: keyof typeof FORMS, timeZone?: string) => {
  return new Intl.DateTimeFormat(tag, timeZone === undefined ? FORMS[form] : { ...FORMS[form], timeZone });
});

/** The same function, which makes each of its results only once. */
function kept<A extends (string | undefined)[], R>(make: (...of: A) => R): (...of: A) => R {
  const made = new Map<string, R>();
  return (...of) => {
    const key = of.join(' ');
    const result = made.get(key) ?? make(...of);
    made.set(key, result);
    return result;
  };
}
