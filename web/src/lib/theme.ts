/** Light, dark or as the system has it, and the accent colour. */
import { effect } from '@preact/signals';
import { remembered } from './settings';

export const THEMES = ['system', 'dark', 'light'] as const;
export const ACCENTS = ['violet', 'blue', 'teal', 'amber', 'rose'] as const;

export const theme = remembered<(typeof THEMES)[number]>('theme', 'system');
export const accent = remembered<(typeof ACCENTS)[number]>('accent', 'violet');

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  document.documentElement.dataset.accent = accent.value;
});
