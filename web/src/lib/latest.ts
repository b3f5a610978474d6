/** How things stand, which the dashboard and the notices both want to know. */
import { body, client } from '../api/client';
import type { TriggerEntry } from '../api/types';
import { begun, lastRun, newsOf, status } from '../live/state';
import { type Category, overviewCounts } from './library';
import { together } from './together';

export function latestHealth() {
  return together(`health ${newsOf(['runs', 'config', 'held'])}`, () => client.GET('/api/health').then(body));
}

/** The run that began last; none before the first. What was read first of all tells it, until there is news. */
export async function latestRun() {
  await begun;
  if (newsOf(['runs']) === 0 && !status.peek()?.running) return lastRun.peek();
  const { runs } = await together(`run ${newsOf(['runs'])}`, () =>
    client.GET('/api/runs', { params: { query: { limit: 1 } } }).then(body),
  );
  return runs[0];
}

/** Some of the jobs that failed. What was read first of all tells whether there are any. */
export async function failedJobs(signal: AbortSignal): Promise<TriggerEntry[]> {
  await begun;
  if (newsOf(['queue']) === 0 && status.peek()?.failed === 0) return [];
  const query = { state: 'failed', limit: 20 };
  return body(await client.GET('/api/triggers', { params: { query }, signal })).triggers;
}

/** How many pictures need attention, by category. */
export function latestCounts(): Promise<Record<Category, number>> {
  return together(`counts ${newsOf(['assets'])}`, () => overviewCounts());
}
