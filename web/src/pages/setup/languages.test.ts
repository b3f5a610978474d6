import { expect, test } from 'vitest';
import { choiceOf, orderOf } from './languages';

test('an order is read as a choice, and comes back as it was', () => {
  for (const order of [
    ['xx', 'en', 'de'],
    ['de', 'en', 'xx'],
  ]) {
    expect(orderOf(choiceOf(order), order)).toEqual(order);
  }
});

test('another language goes first, and the others stay behind it', () => {
  expect(orderOf({ textless: 'first', language: 'fr' }, ['xx', 'en', 'de'])).toEqual(['xx', 'fr', 'en', 'de']);
  expect(orderOf({ textless: 'last', language: 'de' }, ['xx', 'en', 'de'])).toEqual(['de', 'en', 'xx']);
});

test('the word of a new configuration is no language', () => {
  expect(choiceOf(['PleaseFillMe'])).toEqual({ textless: 'last', language: 'en' });
  expect(orderOf({ textless: 'first', language: 'en' }, ['PleaseFillMe'])).toEqual(['xx', 'en']);
});
