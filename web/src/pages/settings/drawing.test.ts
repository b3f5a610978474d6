import { expect, test } from 'vitest';
import { drawingOf } from './drawing';

test('a sample is told of what was changed and of nothing else', () => {
  expect(drawingOf({})).toEqual({});
  expect(
    drawingOf({
      'drawing.legibility': 'on',
      'drawing.badges': 'resolution northwest; hdr north label="a, b";',
      'drawing.hide_unwatched': null,
      'drawing.font_weight': '700',
      'trash.max_age': '1d',
    }),
  ).toEqual({
    legibility: true,
    badge_rules: ['resolution northwest', ' hdr north label="a, b"'],
    hide: 'off',
    font_weight: 700,
  });
  expect(drawingOf({ 'drawing.legibility': 'auto', 'drawing.font_weight': 'bold' })).toEqual({});
});
