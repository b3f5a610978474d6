/** What this browser remembers for its user. */
import { effect, signal } from '@preact/signals';

/** A signal whose value outlives the page. A browser that forbids storage only forgets it. */
export function remembered<T>(key: string, first: T) {
  const name = `posterizarrd.${key}`;
  const value = signal<T>(read(name) ?? first);
  effect(() => {
    try {
      localStorage.setItem(name, JSON.stringify(value.value));
    } catch {
      // Private windows and full storage: the choice lasts as long as the page.
    }
  });
  return value;

  function read(from: string): T | undefined {
    try {
      const text = localStorage.getItem(from);
      return text === null ? undefined : (JSON.parse(text) as T);
    } catch {
      return undefined;
    }
  }
}
