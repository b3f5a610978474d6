import { expect, test } from 'vitest';
import { target } from './arrows';

const from = (place: number) => ({ from: place, count: 10, columns: 4, perPage: 8 });

test('keys lead through a grid and stop at its edges', () => {
  expect(target('ArrowRight', from(3))).toBe(4);
  expect(target('ArrowRight', from(9))).toBeUndefined();
  expect(target('ArrowLeft', from(0))).toBeUndefined();
  expect(target('ArrowDown', from(1))).toBe(5);
  expect(target('ArrowDown', from(7))).toBe(9);
  expect(target('ArrowDown', from(8))).toBe(8);
  expect(target('ArrowUp', from(5))).toBe(1);
  expect(target('ArrowUp', from(2))).toBeUndefined();
  expect(target('PageDown', from(5))).toBe(9);
  expect(target('PageUp', from(9))).toBe(1);
  expect(target('Home', from(9))).toBe(0);
  expect(target('End', from(0))).toBe(9);
  expect(target('a', from(0))).toBeUndefined();
});
