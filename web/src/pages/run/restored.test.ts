import { expect, test } from 'vitest';
import { restored } from './restored';

test('what is given back is told before it is', () => {
  const start = 'Pictures that differ from the backup are replaced by it on the media server:';
  expect(restored({ library: '', item: ' ', kind: '' })).toBe(`${start} all libraries.`);
  expect(restored({ library: 'TV', item: '', kind: 'titlecard' })).toBe(
    `${start} Title cards, library \u201cTV\u201d.`,
  );
  expect(restored({ library: '', item: 'Heat', kind: 'poster' })).toBe(
    `${start} Posters, \u201cHeat\u201d in all libraries.`,
  );
});
