// Debian's Chromium, driven by playwright-core.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** A browser that asks nobody else for anything. */
export function launch() {
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  // A root user, as in containers, has no sandbox.
  const args = [...quiet, '--disable-gpu', '--disable-quic', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];
  return chromium.launch({ executablePath, args });
}

/** Makes the pages of a context those of somebody who has seen the setup assistant: it does not open by itself. */
export function experienced(context) {
  return context.addInitScript(() => localStorage.setItem('posterizarrd.setup-offered', 'true'));
}
