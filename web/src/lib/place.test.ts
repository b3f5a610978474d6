import { expect, test } from 'vitest';
import { keepPlace, keptPlace } from './place';

test('each entry of the history has a place of its own', () => {
  history.replaceState(null, '', '/one');
  expect(keptPlace()).toBeUndefined();
  keepPlace(120);
  keepPlace(240);
  expect(keptPlace()).toBe(240);
  const one: unknown = history.state;
  history.replaceState(null, '', '/two');
  expect(keptPlace()).toBeUndefined();
  keepPlace(7);
  history.replaceState(one, '', '/one');
  expect(keptPlace()).toBe(240);
});
