import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import preact from '@preact/preset-vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { DOCS, fileOf, indexModule, pageModule } from './tools/help.mjs';
import { CATALOGUES, compiled } from './tools/texts.mjs';

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

const TEXTS = /^virtual:(texts|setting-texts|reason-texts)\/(\w+)$/;

/** Gives the texts of a language as a module of its own, which only its readers load. */
function texts(): Plugin {
  return {
    name: 'texts',
    resolveId: (id) => (TEXTS.test(id) ? `\0${id}` : undefined),
    load(id) {
      const [, name, language] = TEXTS.exec(id.slice(1)) ?? [];
      if (language === undefined) return undefined;
      const catalogue = CATALOGUES[name as keyof typeof CATALOGUES];
      for (const file of catalogue.files(language)) this.addWatchFile(file);
      return compiled(catalogue, language);
    },
  };
}

const INSTALL = join(import.meta.dirname, 'src/install');

/** What a browser installs the page by. These files keep their names: the worker speaks for all that lies below its own place. */
function installable(): Plugin {
  return {
    name: 'installable',
    apply: 'build',
    async generateBundle() {
      for (const fileName of await readdir(INSTALL)) {
        this.emitFile({ type: 'asset', fileName, source: await readFile(join(INSTALL, fileName)) });
      }
    },
    // A proxy may ask for a login before it hands the manifest out.
    transformIndexHtml: () => [
      {
        tag: 'link',
        attrs: { rel: 'manifest', href: './manifest.webmanifest', crossorigin: 'use-credentials' },
        injectTo: 'head',
      },
      { tag: 'link', attrs: { rel: 'apple-touch-icon', href: './icon-192.png' }, injectTo: 'head' },
    ],
  };
}

const HELP = /^virtual:help\/([\w-]+)$/;

/** Gives the pages of `docs/` as modules, and the list of them. */
function help(): Plugin {
  return {
    name: 'help',
    resolveId: (id) => (HELP.test(id) ? `\0${id}` : undefined),
    load(id) {
      const [, name] = HELP.exec(id.slice(1)) ?? [];
      if (name === undefined) return undefined;
      this.addWatchFile(fileOf(name === 'index' ? 'README' : name));
      return name === 'index' ? indexModule() : pageModule(name);
    },
  };
}

const DAEMON = process.env.DAEMON ?? 'http://127.0.0.1:8000';
const FROM_DAEMON = ['/api', '/poster_assets', '/manual_poster_assets', '/test', '/docs', '/openapi.json'];

export default defineConfig({
  // The page may live below any path: its addresses are relative to the <base> that the daemon writes into it.
  base: './',
  plugins: [preact({ devToolsEnabled: false }), texts(), help(), installable(), precompress()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the bundle contains; the daemon's build takes it into its own list.
    license: { fileName: 'licences.json' },
  },
  server: {
    fs: { allow: ['.', DOCS] },
    proxy: {
      ...Object.fromEntries(FROM_DAEMON.map((path) => [path, DAEMON])),
      '/ws': { target: DAEMON, ws: true },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/texts/setup.ts'] },
});
