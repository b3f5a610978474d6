/** On which days an entry of the timetable fires, in words. */

import { t } from '../texts';
import { weekday } from './format';

/** The part of an entry that tells the days: weekdays of our own, or a frequency as Posterizarr 3.x has it. */
export interface Recurring {
  days?: string[];
  frequency?: string;
  day_of_week?: string;
  day?: string | number;
  month?: string | number;
  interval_value?: string | number;
  interval_unit?: string;
}

const isAll = (value: string | number | undefined) => value === undefined || value === '' || value === '*';

/** Undefined for every day. */
export function recurrence(entry: Recurring): string | undefined {
  switch (entry.frequency?.toLowerCase()) {
    case 'weekly':
      return isAll(entry.day_of_week) ? undefined : t('schedules.weekly', { day: weekdays(entry.day_of_week) });
    case 'monthly': {
      const days = isAll(entry.day) ? t('schedules.every_day') : t('schedules.day', { day: String(entry.day) });
      const months = isAll(entry.month)
        ? t('schedules.each_month')
        : t('schedules.month', { month: String(entry.month) });
      const only = isAll(entry.day_of_week) ? [] : [t('schedules.only_on', { day: weekdays(entry.day_of_week) })];
      return [days, months, ...only].join(', ');
    }
    case 'interval':
      return interval(Number(entry.interval_value ?? 1), entry.interval_unit ?? 'hours');
    default:
      return entry.days?.length ? entry.days.map(weekday).join(', ') : undefined;
  }
}

/** Days as Posterizarr 3.x stores them: `mon`, or several with commas. */
function weekdays(days: string | undefined): string {
  return (days ?? '')
    .split(',')
    .map((day) => weekday(day.trim()))
    .join(', ');
}

function interval(n: number, unit: string): string {
  switch (unit.toLowerCase()) {
    case 'minutes':
      return t('schedules.every_minutes', { n });
    case 'hours':
      return t('schedules.every_hours', { n });
    case 'days':
      return t('schedules.every_days', { n });
    case 'weeks':
      return t('schedules.every_weeks', { n });
    default:
      return t('schedules.every_unit', { n, unit });
  }
}
