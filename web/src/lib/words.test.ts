import { expect, test } from 'vitest';
import { modeName, outcomeText, outcomeTone } from './words';

test('what the engine can do and how it ends has words, and a dry run is told as one', () => {
  expect(['restyle', 'remake'].map((mode) => modeName(mode))).toEqual(['Restyle', 'Remake']);
  expect(modeName('normal', true)).toBe('Normal run (dry run)');
  expect(modeName('normal', false)).toBe('Normal run');
  expect([outcomeText('not_on_server'), outcomeTone('not_on_server')]).toEqual(['not on the media server yet', 'warn']);
});
