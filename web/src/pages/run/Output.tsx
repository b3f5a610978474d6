/** What a run printed; while it is on, what it prints. */
import { useEffect, useState } from 'preact/hooks';
import { body, client } from '../../api/client';
import type { RunRecord } from '../../api/types';
import { Loaded } from '../../components/basics';
import { LogLines } from '../../components/log';
import { useResource } from '../../lib/resource';
import { seldom } from '../../lib/seldom';
import { followLog } from '../../live/log';

/** Lines that are looked through when it has ended, and while they pass by. */
const TAIL = { ended: 2000, on: 500 };
/** How often they are read anew while it is on, in milliseconds. */
const READ_EVERY = 1_000;
/** How often it is looked whether there is one at all. */
const LOOK_EVERY = 2_000;

export function Output({ of: { id, log, ended, dry_run: dryRun } }: { of: RunRecord }) {
  // A dry run writes no log.
  const printed = useNews(log, !ended && !dryRun);
  const [follow, setFollow] = useState(true);
  const tail = ended ? TAIL.ended : TAIL.on;
  const lines = useResource(
    (signal) => client.GET('/api/runs/{id}/log', { params: { path: { id }, query: { tail } }, signal }).then(body),
    [id, tail, printed],
    ended ? ['runs'] : ['runs', 'progress'],
  );
  return (
    <Loaded of={lines}>
      {({ content }) => <LogLines lines={content} follow={!ended && follow} onFollow={setFollow} />}
    </Loaded>
  );
}

/** A run that has just begun has printed nothing yet. */
async function isThere(log: string): Promise<boolean> {
  return body(await client.GET('/api/logs/{log_name}/exists', { params: { path: { log_name: log } } })).exists;
}

/** Goes up when the log has new lines. The daemon tells which of them are the run's. */
function useNews(log: string, wanted: boolean): number {
  const [news, setNews] = useState(0);
  useEffect(() => {
    if (!wanted) return;
    const heard = seldom(() => setNews((before) => before + 1), READ_EVERY);
    let end = () => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    async function begin() {
      const there = await isThere(log).catch(() => false);
      if (over) return;
      if (there) end = followLog(log, { lines: heard, restarted: heard, state: () => {}, problem: () => {} });
      else timer = setTimeout(begin, LOOK_EVERY);
    }
    void begin();
    return () => {
      over = true;
      clearTimeout(timer);
      end();
    };
  }, [log, wanted]);
  return news;
}
