import { cleanup, fireEvent, render, waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connection } from '../live/stream';
import { Thumbnail } from './thumbnail';

beforeEach(() => {
  connection.value = 'live';
});
afterEach(cleanup);

const shown = () => {
  const { container } = render(<Thumbnail url="/poster_assets/a.jpg" width={160} />);
  return { container, image: () => container.querySelector('img') };
};

test('what cannot be made small is shown as it is, and what cannot be shown has a placeholder', () => {
  const { container, image } = shown();
  const small = image()?.src;
  fireEvent.error(image() as Element);
  expect(image()?.src).not.toBe(small);
  fireEvent.error(image() as Element);
  expect(image()).toBeNull();
  expect(container.querySelector('.no-picture')).not.toBeNull();
});

test('a picture that fails in the moment in which all is begun anew is asked for again', async () => {
  const { image } = shown();
  const broken = image();
  connection.value = 'lost';
  // It is drawn, and what follows from the change is not yet done.
  await Promise.resolve();
  await Promise.resolve();
  broken?.dispatchEvent(new Event('error'));
  await waitFor(() => expect(image()).not.toBe(broken));
});

test('a picture that is there is not asked for again when the daemon is back', async () => {
  const { image } = shown();
  const whole = image();
  connection.value = 'lost';
  await waitFor(() => expect(connection.value).toBe('lost'));
  connection.value = 'live';
  await new Promise(requestAnimationFrame);
  expect(image()).toBe(whole);
});
