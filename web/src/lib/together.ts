/** What several parts of the page ask for at about the same time, as while it is loaded, is asked once. */

const asking = new Map<string, Promise<unknown>>();

/** Parts of one page come this far apart. */
const MOMENT = 2_000;

/**
 * `ask`, or what another part has just asked for by this name. What changes its answer belongs into the name: what is asked for
 * after news of a change must not be an answer from before it.
 */
export function together<T>(name: string, ask: () => Promise<T>): Promise<T> {
  const asked = asking.get(name);
  if (asked) return asked as Promise<T>;
  const answer = ask();
  const forget = () => asking.get(name) === answer && asking.delete(name);
  asking.set(name, answer);
  setTimeout(forget, MOMENT);
  // What failed is asked for again.
  answer.catch(forget);
  return answer;
}
