import { act, cleanup, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toast } from '../lib/toast';
import { dialogs, Toasts } from './toast';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test('good news go by themselves, bad ones stay until they are closed', () => {
  render(<Toasts />);
  act(() => {
    toast('Saved', 'good');
    toast('The disk is full', 'bad');
  });
  expect(screen.getByText('Saved')).toBeTruthy();
  act(() => {
    vi.advanceTimersByTime(60_000);
  });
  expect(screen.queryByText('Saved')).toBeNull();
  const bad = screen.getByText('The disk is full').closest('.toast');
  act(() => bad?.querySelector<HTMLElement>('[aria-label="Close notice"]')?.click());
  expect(screen.queryByText('The disk is full')).toBeNull();
});

test('the dialog in front shows them, and the page behind it does not', () => {
  render(
    <>
      <Toasts />
      <div data-testid="dialog">
        <Toasts dialog={1} />
      </div>
    </>,
  );
  act(() => {
    dialogs.value = 1;
    toast('Copied', 'good');
  });
  expect(screen.getAllByText('Copied').map((text) => text.closest('[data-testid]'))).toEqual([
    screen.getByTestId('dialog'),
  ]);
  act(() => {
    dialogs.value = 0;
  });
  expect(screen.getByText('Copied').closest('[data-testid]')).toBeNull();
});
