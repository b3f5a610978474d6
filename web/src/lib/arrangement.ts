/** Which of some things are shown, and in what order: as their user wants it. */

export interface Arrangement {
  order: readonly string[];
  hidden: readonly string[];
}

/** All there are in the wished order; what was not known when it was wished comes last. */
export function arranged<T extends string>(all: readonly T[], { order }: Arrangement): T[] {
  const known = order.filter((id): id is T => all.some((one) => one === id));
  return [...new Set([...known, ...all])];
}

export function moved<T extends string>(all: readonly T[], of: Arrangement, id: T, by: 1 | -1): Arrangement {
  const order = arranged(all, of);
  const at = order.indexOf(id);
  order.splice(at, 1);
  order.splice(Math.max(0, at + by), 0, id);
  return { ...of, order };
}

export function shown(of: Arrangement, id: string, wanted: boolean): Arrangement {
  const others = of.hidden.filter((one) => one !== id);
  return { ...of, hidden: wanted ? others : [...others, id] };
}
