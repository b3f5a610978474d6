import { expect, test } from 'vitest';
import { PRESETS, presetOf, settingsOf } from './presets';

test('each preset is known again, however its switches are spelt', () => {
  for (const preset of PRESETS) {
    const values = settingsOf(preset);
    expect(presetOf(values)).toBe(preset);
    const capitals = Object.entries(values).map(([key, value]) => [key, value === 'true' ? 'True' : 'False']);
    expect(presetOf(Object.fromEntries(capitals))).toBe(preset);
  }
});

test('a look of one’s own is none of them', () => {
  expect(presetOf({ ...settingsOf('classic'), PosterAddBorder: 'false' })).toBeUndefined();
});
