import { expect, test } from 'vitest';
import { withChanges } from './query';

test('words of the address are changed, added and left out, and the others stay', () => {
  expect(withChanges('?q=heat&page=3', { page: undefined, sort: '-size' })).toBe('?q=heat&sort=-size');
  expect(withChanges('', { q: '100% & more' })).toBe('?q=100%25+%26+more');
  expect(new URLSearchParams(withChanges('', { q: '100% & more' })).get('q')).toBe('100% & more');
});

test('an address without words has no question mark', () => {
  expect(withChanges('?q=heat', { q: '' })).toBe('');
});
