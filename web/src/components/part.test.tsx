import { cleanup, render, screen } from '@testing-library/preact';
import { Info } from 'lucide-preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { edits } from '../lib/edits';
import { connection } from '../live/stream';
import type { Route } from '../routes';
import { Boundary, Part } from './part';

const reload = vi.fn();
let served: string | undefined;

beforeEach(() => {
  served = '<script type="module" src="./assets/index-1.js"></script>';
  reload.mockClear();
  sessionStorage.clear();
  edits.value = {};
  connection.value = 'live';
  vi.spyOn(location, 'reload').mockImplementation(reload);
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.stubGlobal('fetch', async () => {
    if (served === undefined) throw new TypeError('failed to fetch');
    return new Response(served);
  });
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

let count = 0;
const route = (load: Route['load']): Route => {
  count += 1;
  return { path: `/page-${count}`, name: 'nav.about', icon: Info, load };
};
const missing = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));

test('a page whose code is missing reloads the whole once for each version, and says so after that', async () => {
  render(<Part route={route(missing)} />);
  await screen.findByText(/could not be loaded/);
  expect(reload).toHaveBeenCalledTimes(1);
  cleanup();
  render(<Part route={route(missing)} />);
  await screen.findByRole('button', { name: 'Reload' });
  expect(reload).toHaveBeenCalledTimes(1);
  cleanup();
  served = '<script type="module" src="./assets/index-2.js"></script>';
  render(<Part route={route(missing)} />);
  await screen.findByText(/could not be loaded/);
  expect(reload).toHaveBeenCalledTimes(2);
});

test('what is not saved is not lost by a reload', async () => {
  edits.value = { PlexUrl: 'http://new' };
  render(<Part route={route(missing)} />);
  await screen.findByRole('button', { name: 'Reload' });
  expect(reload).not.toHaveBeenCalled();
});

test('while the daemon is away the page waits for it, and is loaded when it is back', async () => {
  served = undefined;
  let there = false;
  const load = () => (there ? Promise.resolve({ default: () => <p>here it is</p> }) : missing());
  connection.value = 'lost';
  render(<Part route={route(load)} />);
  await screen.findByText(/does not answer/);
  expect(reload).not.toHaveBeenCalled();
  there = true;
  connection.value = 'live';
  await screen.findByText('here it is');
});

test('a page that fails does so alone, until another one is shown', async () => {
  const Failing = () => {
    throw new Error('URI malformed');
  };
  const shown = render(
    <Boundary place="/a">
      <Failing />
    </Boundary>,
  );
  await screen.findByText(/URI malformed/);
  shown.rerender(
    <Boundary place="/b">
      <p>another page</p>
    </Boundary>,
  );
  await screen.findByText('another page');
});
