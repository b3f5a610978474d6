import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import preact from '@preact/preset-vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const COMPRESSIBLE = /\.(js|css|svg)$/;
// Below this a compressed copy saves no packet.
const SMALLEST = 1024;

/** Lays a brotli and a gzip copy beside each written file, so that the daemon never compresses one itself. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir = 'dist' }, bundle) {
      for (const name of Object.keys(bundle).filter((name) => COMPRESSIBLE.test(name))) {
        const content = await readFile(join(dir, name));
        if (content.length < SMALLEST) continue;
        await writeFile(join(dir, `${name}.br`), await promisify(brotliCompress)(content));
        await writeFile(join(dir, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
      }
    },
  };
}

const DAEMON = process.env.DAEMON ?? 'http://127.0.0.1:8000';
const FROM_DAEMON = ['/api', '/poster_assets', '/manual_poster_assets', '/test', '/docs', '/openapi.json'];

export default defineConfig({
  // The page may live below any path: its addresses are relative to the <base> that the daemon writes into it.
  base: './',
  plugins: [preact({ devToolsEnabled: false }), precompress()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the bundle contains; the daemon's build takes it into its own list.
    license: { fileName: 'licences.json' },
  },
  server: {
    proxy: {
      ...Object.fromEntries(FROM_DAEMON.map((path) => [path, DAEMON])),
      '/ws': { target: DAEMON, ws: true },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
});
