import { expect, test } from 'vitest';
import { asFiles, matcher } from './search';

test('words are found in any order, case and accents', () => {
  const fits = matcher('ocean  harbor');
  expect(fits('Harbor Ocean (2002)')).toBe(true);
  expect(fits('Harbor (2002)')).toBe(false);
  expect(matcher('amelie')('Amélie (2001)')).toBe(true);
  expect(matcher('AMÉLIE 2001')('amelie (2001)')).toBe(true);
});

test('who looks for nothing finds all', () => {
  expect(matcher('  ')('Heat')).toBe(true);
});

test('episodes and seasons are found as people write them', () => {
  expect(asFiles('dark s1e3')).toBe('dark S01E03');
  expect(asFiles('S01 E103')).toBe('S01E103');
  expect(asFiles('S1 · E9')).toBe('S01E09');
  expect(asFiles('dark season 2')).toBe('dark Season02');
  expect(asFiles('Ronin s')).toBe('Ronin s');
});
