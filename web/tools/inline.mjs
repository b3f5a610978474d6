/**
 * Tells each text for people that stands in the code and not in the catalogue, and each one that is looked up before its language
 * is known. `node tools/inline.mjs` fails if there is one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'src');

/** Attributes and fields that nobody reads. */
const SILENT = new Set([
  'class',
  'href',
  'd',
  'viewBox',
  'key',
  'id',
  'type',
  'role',
  'accept',
  'rel',
  'authorization',
  'font',
]);
const LOOK_UP = /^(t|rich|word)$/;
/** Calls whose texts are for developers or machines. */
const UNSEEN =
  /^console\.|Error$|^(import|together)$|\.(GET|POST|PUT|DELETE|PATCH|querySelector(All)?|matches|closest)$/;
/** Two words, a word beside a value (`…`), or one with a capital letter. */
const PROSE = /\p{L}[,:;.!?…]*\s[…\s]*\p{L}|…\s\p{L}{2}|\p{L}{2}[:,]?\s…|^\p{Lu}\p{Ll}+[:.!?…]?$/u;
/** Names are the same in every language. */
const NAMES =
  /^(posterizarrd|Plex|Jellyfin|Jellyfin, Emby|Emby|Fanart\.tv|Discord|Apprise|Uptime Kuma|Sonarr|Radarr|Tautulli|[\w-]+\.(log|json))$/;
/** In the comment of a declaration. */
const MARK = /names?, not texts?/;

/**
 * @param {string} name
 * @param {string} code
 * @returns {{ line: number, text: string }[]}
 */
export function inlineTexts(name, code) {
  const file = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  /** @type {{ line: number, text: string }[]} */
  const found = [];
  /** @type {(node: ts.Node, text: string) => void} */
  const add = (node, text) => {
    if (NAMES.test(text.trim())) return;
    found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text: text.trim() });
  };
  /** @type {(node: ts.Node, early: boolean) => void} */
  const look = (node, early) => {
    if (isSilent(node)) return;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const callee = node.expression.getText().replaceAll('?.', '.');
      if (early && LOOK_UP.test(callee)) add(node, `${node.getText()} is called before the language is known`);
      const isUnseen = LOOK_UP.test(callee) || UNSEEN.test(callee);
      for (const argument of node.arguments ?? []) if (!isUnseen || !isLiteral(argument)) look(argument, early);
      return look(node.expression, early);
    }
    if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) add(node, node.text);
    else if (isLiteral(node) && PROSE.test(literal(node))) add(node, literal(node));
    ts.forEachChild(node, (child) => look(child, early && !ts.isFunctionLike(child)));
  };
  look(file, true);
  return found;
}

/**
 * @param {ts.Node} node
 * @returns {node is ts.StringLiteralLike | ts.TemplateExpression}
 */
function isLiteral(node) {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

/** @param {ts.StringLiteralLike | ts.TemplateExpression} node */
function literal(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  return [node.head, ...node.templateSpans.map((span) => span.literal)].map((part) => part.text).join('…');
}

/** @param {ts.Node} node */
function isSilent(node) {
  if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return true;
  if (ts.isVariableStatement(node))
    return MARK.test(node.getFullText().slice(0, node.getStart() - node.getFullStart()));
  if (ts.isJsxAttribute(node) || ts.isPropertyAssignment(node)) return SILENT.has(node.name.getText());
  if (!ts.isStringLiteralLike(node)) return false;
  // A key of the keyboard, a kind, a name that the daemon gives: compared, not shown.
  const { parent } = node;
  return (
    (ts.isBinaryExpression(parent) && /^[!=]==$/.test(parent.operatorToken.getText())) ||
    ts.isCaseClause(parent) ||
    ts.isElementAccessExpression(parent) ||
    (ts.isPropertyAssignment(parent) && parent.name === node)
  );
}

if (process.argv[1] === import.meta.filename) {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  let count = 0;
  for (const name of files.sort()) {
    if (!/\.tsx?$/.test(name) || /\.test\.tsx?$|^texts\//.test(name)) continue;
    const path = join(SOURCES, name);
    for (const { line, text } of inlineTexts(name, readFileSync(path, 'utf8'))) {
      count += 1;
      console.error(`${relative(ROOT, path)}:${line}: ${text}`);
    }
  }
  if (count > 0) {
    console.error(`${count} texts belong into src/texts; src/texts/index.ts says how`);
    process.exit(1);
  }
}
