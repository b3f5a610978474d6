/** What a sample is told of drawing settings that were changed and are not saved. */

/** By key: the new value, or null for what holds without what is saved. */
export type DaemonEdits = Record<string, string | null>;

type Part = [field: string, of: (value: string) => unknown];

const PARTS: Record<string, Part> = {
  'drawing.legibility': ['legibility', (value) => ({ on: true, off: false })[value]],
  'drawing.seasonal_borders': ['seasonal_borders', String],
  'drawing.balanced_lines': ['balanced_lines', (value) => value === 'true'],
  'drawing.font_weight': ['font_weight', (value) => (/^\d+$/.test(value) ? Number(value) : undefined)],
  'drawing.hide_unwatched': ['hide', (value) => value || 'off'],
  'drawing.badges': ['badge_rules', (value) => value.split(';').filter((rule) => rule.trim() !== '')],
};

export function drawingOf(edits: DaemonEdits): Record<string, unknown> {
  const parts = Object.entries(edits).flatMap(([key, value]) => {
    const part = PARTS[key];
    const given = part?.[1](value ?? '');
    return part && given !== undefined ? [[part[0], given] as const] : [];
  });
  return Object.fromEntries(parts);
}
