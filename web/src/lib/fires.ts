/** When schedules fire next. */
import type { SchedulerStatus } from '../api/types';

type Timer = Pick<SchedulerStatus['active_jobs'][number], 'next_run' | 'following'>;

/** The next fires of some entries, the very next one first. */
export function firesOf(timers: readonly Timer[]): string[] {
  const fires = timers.flatMap(({ next_run, following }) => [next_run, ...following]);
  // As instants: their texts have offsets, which differ before and after a change of the clocks.
  return [...new Set(fires)]
    .filter((at) => typeof at === 'string')
    .sort((one, other) => Date.parse(one) - Date.parse(other));
}
