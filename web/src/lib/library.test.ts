import { afterEach, expect, test, vi } from 'vitest';
import { caption, sampleCaption, testImages, thumbnail } from './library';

afterEach(() => vi.unstubAllGlobals());

test('a caption is the folder without its ids, and the part in words', () => {
  expect(caption('TV Shows/Dark (2017) {tvdb-334824}/Season01.jpg')).toEqual({
    title: 'Dark (2017)',
    part: 'Season 1',
  });
  expect(caption('TV Shows/Dark (2017) [tvdb-1]/Season00.jpg').part).toBe('Specials');
  expect(caption('TV Shows/Dark (2017)/S02E10.jpg').part).toBe('S2 · E10');
  expect(caption('Movies/Heat (1995) {tmdb-949}/background.jpg').part).toBe('Background');
});

test('a file without a folder of its own has its title in its name', () => {
  expect(caption('Heat (1995) [tmdb-949].jpg')).toEqual({ title: 'Heat (1995)', part: 'Poster' });
  expect(caption('Heat (1995) {tmdb-949}_background.jpg')).toEqual({ title: 'Heat (1995)', part: 'Background' });
  expect(caption('Dark (2017)_S01E02.jpg')).toEqual({ title: 'Dark (2017)', part: 'S1 · E2' });
});

test('pictures of a Testing run are named in words', () => {
  expect(sampleCaption('SeasonPosterLongTextCAPS.jpg')).toEqual({
    title: 'Season poster',
    part: 'Long text, capitals',
  });
  expect(sampleCaption('backgroundMediumText.jpg')).toEqual({ title: 'Background', part: 'Medium text' });
  expect(sampleCaption('mine.png')).toEqual({ title: 'Mine', part: '' });
});

test('pictures of a Testing run are in the order of their names, whatever begins with a capital letter', async () => {
  const names = [
    'SeasonPosterShortText.jpg',
    'backgroundShortText.jpg',
    'titlecardShortText.jpg',
    'posterShortText.jpg',
  ];
  const images = names.map((name) => ({ name, path: name, url: `/test/${name}`, size: 1 }));
  vi.stubGlobal('fetch', async () => Response.json({ images }));
  const shown = await testImages(new AbortController().signal);
  expect(shown.map(({ caption }) => caption?.title)).toEqual(['Background', 'Poster', 'Season poster', 'Title card']);
});

test('a thumbnail is addressed by the millisecond its picture changed in, where that is known', () => {
  const wanted = (modified?: number) => new URL(thumbnail('/test/a b.jpg', 320, modified), 'http://here').searchParams;
  expect(Object.fromEntries(wanted(1_730_000_107.2506))).toEqual({
    path: '/test/a b.jpg',
    w: '320',
    t: '1730000107251',
  });
  expect(wanted().has('t')).toBe(false);
});
