/** Looks to begin with: settings of all kinds of artwork at once. */
import type { Values } from '../../lib/config';

export const PRESETS = ['classic', 'borderless', 'quiet', 'bare'] as const;
export type Preset = (typeof PRESETS)[number];

interface Look {
  text: boolean;
  border: boolean;
  overlay: boolean;
  capitals: boolean;
}

const LOOKS: Record<Preset, Look> = {
  classic: { text: true, border: true, overlay: true, capitals: true },
  borderless: { text: true, border: false, overlay: true, capitals: true },
  quiet: { text: true, border: false, overlay: true, capitals: false },
  bare: { text: false, border: false, overlay: false, capitals: true },
};

/** What settings begin with: names, not texts. */
const KINDS = ['Poster', 'SeasonPoster', 'CollectionPoster', 'Background'];

/** The settings of a preset. */
export function settingsOf(preset: Preset): Values {
  const { text, border, overlay, capitals } = LOOKS[preset];
  const each = KINDS.flatMap((kind) => [
    [`${kind}AddText`, String(text)],
    [`${kind}AddBorder`, String(border)],
    [`${kind}AddOverlay`, String(overlay)],
    [`${kind}FontAllCaps`, String(capitals)],
  ]);
  return {
    ...Object.fromEntries(each),
    TitleCardAddBorder: String(border),
    TitleCardAddOverlay: String(overlay),
    TitleCardTitleFontAllCaps: String(capitals),
  };
}

/** The preset that is in force; none where somebody has a look of their own. */
export function presetOf(values: Values): Preset | undefined {
  const plain = (value: unknown) => String(value).toLowerCase();
  return PRESETS.find((preset) =>
    Object.entries(settingsOf(preset)).every(([key, value]) => plain(values[key]) === value),
  );
}
