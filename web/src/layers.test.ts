/** What may import what: pages at the top, `lib` and the client at the bottom. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const SOURCES = import.meta.dirname;
/** A folder, and those of ours it must know nothing of. */
const ABOVE: Record<string, string[]> = {
  api: ['pages', 'components', 'live'],
  texts: ['pages', 'components', 'live', 'api'],
  lib: ['pages', 'components'],
  live: ['pages', 'components'],
  components: ['pages'],
};

function wrong(path: string, source: string): string[] {
  const above = ABOVE[path.split('/')[0] ?? ''] ?? [];
  const imports = [...source.matchAll(/(?:from|import)\s*\(?'(\.[^']*)'/g)].map((found) =>
    normalize(join(dirname(path), found[1] ?? '')),
  );
  return imports
    .filter((target) => above.includes(target.split('/')[0] ?? ''))
    .map((target) => `${path} imports ${target}`);
}

test('no folder knows of one above it', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && !path.includes('.test.'),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((path) => wrong(path, readFileSync(join(SOURCES, path), 'utf8')))).toEqual([]);
});

test('and one that does is found', () => {
  expect(wrong('lib/a.ts', "import { b } from '../pages/b';")).toEqual(['lib/a.ts imports pages/b']);
  expect(wrong('components/a.tsx', "import { b } from '../lib/b';")).toEqual([]);
});
