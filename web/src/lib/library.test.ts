import { expect, test } from 'vitest';
import { caption } from './library';

test('a caption is the folder without its ids, and the part in words', () => {
  expect(caption('TV Shows/Dark (2017) {tvdb-334824}/Season01.jpg')).toEqual({
    title: 'Dark (2017)',
    part: 'Season 1',
  });
  expect(caption('TV Shows/Dark (2017) [tvdb-1]/Season00.jpg').part).toBe('Specials');
  expect(caption('TV Shows/Dark (2017)/S02E10.jpg').part).toBe('S2 · E10');
  expect(caption('Movies/Heat (1995) {tmdb-949}/background.jpg').part).toBe('Background');
});

test('a flat file is its own title', () => {
  expect(caption('Heat (1995) [tmdb-949].jpg').title).toBe('Heat (1995)');
});
