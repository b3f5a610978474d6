/** How things stand, which the dashboard and the notices both want to know. */
import { body, client } from '../api/client';
import { newsOf } from '../live/state';
import { type Category, overviewCounts } from './library';
import { together } from './together';

export function latestHealth() {
  return together(`health ${newsOf(['runs', 'config'])}`, () => client.GET('/api/health').then(body));
}

/** The run that began last; none before the first. */
export async function latestRun() {
  const { runs } = await together(`run ${newsOf(['runs'])}`, () =>
    client.GET('/api/runs', { params: { query: { limit: 1 } } }).then(body),
  );
  return runs[0];
}

/** How many pictures need attention, by category. */
export function latestCounts(): Promise<Record<Category, number>> {
  return together(`counts ${newsOf(['assets'])}`, () => overviewCounts());
}
