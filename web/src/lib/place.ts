/** How far a list was scrolled, kept for each entry of the browser's history: Back finds the place again. */
const places = new Map<string, number>();
let next = 1;

export function keepPlace(top: number) {
  places.set(entry() ?? newEntry(), top);
}

export function keptPlace(): number | undefined {
  return places.get(entry() ?? '');
}

/** The name that the entry has got here; none if it was not scrolled, or leads to another list since. */
function entry(): string | undefined {
  const state: unknown = history.state;
  const name = typeof state === 'object' && state !== null && 'place' in state ? state.place : undefined;
  return typeof name === 'string' ? name : undefined;
}

function newEntry(): string {
  // After a reload the names of before mean nothing.
  const name = `${performance.timeOrigin} ${next++}`;
  history.replaceState({ ...history.state, place: name }, '');
  return name;
}
