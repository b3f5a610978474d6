import { expect, test } from 'vitest';
import { arranged, moved, shown } from './arrangement';

const ALL = ['a', 'b', 'c'] as const;
const AS_IT_COMES = { order: [], hidden: [] };

test('without a wish all are in their own order', () => {
  expect(arranged(ALL, AS_IT_COMES)).toEqual(['a', 'b', 'c']);
});

test('what is not known any more is left out, and what is new comes last', () => {
  expect(arranged(ALL, { order: ['c', 'gone', 'a', 'c'], hidden: [] })).toEqual(['c', 'a', 'b']);
});

test('one moves by a place, and not over the ends', () => {
  const later = moved(ALL, AS_IT_COMES, 'a', 1);
  expect(later.order).toEqual(['b', 'a', 'c']);
  expect(moved(ALL, later, 'b', -1).order).toEqual(['b', 'a', 'c']);
  expect(moved(ALL, later, 'c', 1).order).toEqual(['b', 'a', 'c']);
});

test('one is hidden once, and shown again', () => {
  const without = shown(shown(AS_IT_COMES, 'b', false), 'b', false);
  expect(without.hidden).toEqual(['b']);
  expect(shown(without, 'b', true).hidden).toEqual([]);
});
