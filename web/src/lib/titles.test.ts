import { expect, test } from 'vitest';
import type { Picture } from './library';
import { inOrder, letterOf, linkTo, partsOf, titleOf } from './titles';

const picture = (name: string): Picture => ({ path: `Shows/Dark (2017)/${name}`, name, size: 1, url: `/${name}` });
const names = (pictures: readonly Picture[]) => pictures.map(({ name }) => name);

test('the pictures of a show are seasons with their cards', () => {
  const parts = partsOf(
    ['S01E10.jpg', 'Season02.jpg', 'poster.jpg', 'S01E2.jpg', 'background.jpg', 'Season00.jpg', 'logo.png'].map(
      picture,
    ),
  );
  expect(parts.poster?.name).toBe('poster.jpg');
  expect(parts.background?.name).toBe('background.jpg');
  expect(parts.seasons.map(({ number, cards }) => [number, names(cards)])).toEqual([
    [0, []],
    [1, ['S01E2.jpg', 'S01E10.jpg']],
    [2, []],
  ]);
  expect(names(parts.others)).toEqual(['logo.png']);
  expect(names(inOrder(parts))).toEqual([
    'poster.jpg',
    'background.jpg',
    'Season00.jpg',
    'S01E2.jpg',
    'S01E10.jpg',
    'Season02.jpg',
    'logo.png',
  ]);
});

test('a title stands under the letter that it is looked for by', () => {
  expect(['The Matrix', 'Élite', 'Andor', 'A Quiet Place', '1917', '影武者'].map(letterOf)).toEqual([
    'M',
    'E',
    'A',
    'Q',
    '#',
    '#',
  ]);
});

test('ids are no part of a title, and its address survives every character', () => {
  expect(titleOf('Movies/Heat (1995) {tmdb-949}')).toBe('Heat (1995)');
  expect(linkTo('Movies/What? 100% #1')).toBe('/library/title/Movies/What%3F%20100%25%20%231');
});
