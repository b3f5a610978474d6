import { describe, expect, test } from 'vitest';
import { assetOf, isWide, mediaTypeOf } from './replacing';

describe('the path of an asset tells what it is', () => {
  test.each([
    ['Movies/Heat (1995) {tmdb-949}/poster.jpg', 'poster', 'Heat', 1995, undefined, undefined],
    ['TV/Dark (2017)/Season01.jpg', 'season', 'Dark', 2017, 1, undefined],
    ['TV/Dark (2017)/S01E02.png', 'titlecard', 'Dark', 2017, 1, 2],
    ['TV/Dark (2017)/background.jpg', 'background', 'Dark', 2017, undefined, undefined],
    ['Collections/Movies/Alien/poster.jpg', 'collection', 'Alien', undefined, undefined, undefined],
    ['Movies/Open Season/poster.jpg', 'poster', 'Open Season', undefined, undefined, undefined],
  ] as const)('%s', (path, kind, title, year, season, episode) => {
    expect(assetOf(path)).toEqual({ path, kind, title, year, season, episode });
  });

  test('seasons and title cards are of shows, backgrounds and title cards are wide', () => {
    const media = (path: string, type?: string) => mediaTypeOf(assetOf(path), type);
    expect(media('TV/Dark (2017)/S01E02.png')).toBe('tv');
    expect(media('TV/Dark (2017)/poster.jpg', 'Show')).toBe('tv');
    expect(media('Movies/Heat/poster.jpg', 'Movie')).toBe('movie');
    expect((['background', 'titlecard', 'poster', 'season', 'collection'] as const).map(isWide)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
