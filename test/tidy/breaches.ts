/** One file that breaks one rule, and what the enforcer must say about it. */
export interface Breach {
  readonly path: string;
  readonly text: string;
  /** A rule of the linter or a code of the compiler. */
  readonly rule: string;
}

/** What the three compiler projects and their flags must refuse. */
export const compilerBreaches: readonly Breach[] = [
  {
    path: 'common/pure/calls-timer.ts',
    text: 'export function a(): void {\n  setTimeout(a, 1);\n}\n',
    rule: 'TS2304',
  },
  {
    path: 'manager/store/encodes.ts',
    text: 'export const a: Uint8Array = new TextEncoder().encode();\n',
    rule: 'TS2304',
  },
  {
    path: 'manager/raft/names-node.ts',
    text: "import { readFileSync } from 'node:fs';\nexport const a: string = readFileSync('b', 'utf8');\n",
    rule: 'TS2591',
  },
  {
    path: 'manager/plan/imports-shell.ts',
    text: "import type { Port } from '../../common/ports/clean.ts';\nexport type A = Port;\n",
    rule: 'TS6307',
  },
  {
    path: 'manager/controlapi/validate/imports-shell.ts',
    text: "import type { Group } from '../../../common/run/clean.ts';\nexport type A = Group;\n",
    rule: 'TS6307',
  },
  {
    path: 'manager/loop/imports-edge.ts',
    text: "import { edge } from '../consensus/thread/clean.ts';\nexport const a: number = edge;\n",
    rule: 'TS6307',
  },
  {
    path: 'manager/loop/names-node.ts',
    text: "import type { Stats } from 'node:fs';\nexport type A = Stats;\n",
    rule: 'TS2591',
  },
  {
    path: 'worker/agent/calls-timer.ts',
    text: 'export function a(): void {\n  setInterval(a, 1);\n}\n',
    rule: 'TS2304',
  },
  {
    path: 'worker/agent/uses-buffer.ts',
    text: "export const a: Uint8Array = Buffer.from('b');\n",
    rule: 'TS2591',
  },
  {
    path: 'node/httpapi/waits-by-signal.ts',
    text: 'export const a: AbortSignal = AbortSignal.timeout(1);\n',
    rule: 'TS2339',
  },
  {
    path: 'common/pure/unchecked-index.ts',
    text: 'export function a(b: readonly number[]): number {\n  return b[0];\n}\n',
    rule: 'TS2322',
  },
  {
    path: 'common/pure/enumeration.ts',
    text: 'export enum A {\n  b,\n}\n',
    rule: 'TS1294',
  },
  {
    path: 'common/pure/undeclared-type.ts',
    text: 'export const a = [1].map((b) => b);\n',
    rule: 'TS9010',
  },
  {
    path: 'common/pure/absent-is-not-undefined.ts',
    text: 'export const a: { b?: number } = { b: undefined };\n',
    rule: 'TS2375',
  },
  {
    path: 'common/pure/type-imported-as-value.ts',
    text: "import { Clean } from './clean.ts';\nexport type A = Clean;\n",
    rule: 'TS1484',
  },
  {
    path: 'common/pure/index-by-name.ts',
    text: 'export function a(b: Record<string, number>): number | undefined {\n  return b.c;\n}\n',
    rule: 'TS4111',
  },
];

function inPure(name: string, text: string, rule: string): Breach {
  return { path: `worker/routing/${name}.ts`, text, rule };
}

function inShell(name: string, text: string, rule: string): Breach {
  return { path: `worker/executor/${name}.ts`, text, rule };
}

function inEdge(name: string, text: string, rule: string): Breach {
  return { path: `node/daemon/${name}.ts`, text, rule };
}

const lines = (count: number): string => '  b += 1;\n'.repeat(count);

/** What the linter bans in pure code, where the library of the language would let it through. */
const pureBreaches: readonly Breach[] = [
  inPure('date', 'export const a: number = Date.now();\n', 'no-restricted-globals'),
  inPure('date-type', 'export type A = Date;\n', 'no-restricted-types'),
  inPure('random', 'export const a: number = Math.random();\n', 'no-restricted-properties'),
  inPure('intl', 'export const a: unknown = new Intl.Collator();\n', 'no-restricted-globals'),
  inPure(
    'locale',
    "export const a: number = 'a'.localeCompare('b');\n",
    'no-restricted-properties',
  ),
  inPure('weak', 'export const a: unknown = new WeakRef({});\n', 'no-restricted-globals'),
  inPure(
    'finalization',
    'export const a: unknown = new FinalizationRegistry(() => undefined);\n',
    'no-restricted-globals',
  ),
  inPure('promise', 'export const a: unknown = Promise.resolve(1);\n', 'no-restricted-globals'),
  inPure('promise-type', 'export type A = Promise<number>;\n', 'no-restricted-types'),
  inPure(
    'async',
    'export async function a(): Promise<void> {\n  await undefined;\n}\n',
    'no-async-await',
  ),
  inPure('function', "export const a: unknown = new Function('b');\n", 'no-restricted-globals'),
  inPure('through-global', 'export const a: unknown = globalThis.Date;\n', 'no-restricted-globals'),
  inPure('timer', 'export const a: unknown = setTimeout;\n', 'no-restricted-globals'),
  inPure('node', "import 'node:fs';\n", 'no-restricted-imports'),
  {
    path: 'manager/controlapi/validate/date.ts',
    text: 'export const a: number = Date.now();\n',
    rule: 'no-restricted-globals',
  },
];

const shellBreaches: readonly Breach[] = [
  inShell('date', 'export const a: number = Date.now();\n', 'no-restricted-globals'),
  inShell(
    'through-global',
    'export const a: unknown = globalThis.Date;\n',
    'no-restricted-globals',
  ),
  inShell('random', 'export const a: number = Math.random();\n', 'no-restricted-properties'),
  inShell('timer', 'export const a: unknown = setTimeout;\n', 'no-restricted-globals'),
  inShell('console', "console.log('a');\n", 'no-restricted-globals'),
  inShell('node', "import 'node:fs';\n", 'no-restricted-imports'),
  { path: 'worker/date.ts', text: 'export const a = Date.now();\n', rule: 'no-restricted-globals' },
];

const everywhereBreaches: readonly Breach[] = [
  inEdge(
    'floating',
    'export function a(): void {\n  Promise.resolve(1);\n}\n',
    'no-floating-promises',
  ),
  inEdge(
    'switch',
    "export function a(b: 'c' | 'd'): void {\n  switch (b) {\n    case 'c':\n      break;\n  }\n}\n",
    'switch-exhaustiveness-check',
  ),
  inEdge('any-in', "export const a: string = JSON.parse('b');\n", 'no-unsafe-assignment'),
  inEdge('any-out', "export const a = (): string => JSON.parse('b');\n", 'no-unsafe-return'),
  inEdge('thrown-text', "export function a(): never {\n  throw 'b';\n}\n", 'no-throw-literal'),
  inEdge('left-over', '// TO' + 'DO: later\nexport {};\n', 'no-warning-comments'),
  inEdge('silenced', '// @ts-ignore\nexport const a: string = 1;\n', 'ban-ts-comment'),
  inEdge('any', 'export type A = any;\n', 'no-explicit-any'),
  inEdge(
    'non-null',
    'export const a = (b: string | undefined): string => b!;\n',
    'no-non-null-assertion',
  ),
  inEdge('default', 'export default 1;\n', 'no-default-export'),
  inEdge(
    'long-function',
    `export function a(): number {\n  let b = 0;\n${lines(70)}  return b;\n}\n`,
    'max-lines-per-function',
  ),
  inEdge('long-file', 'export {};\n'.repeat(601), 'max-lines'),
  inEdge('cycle-one', "export type { B } from './cycle-two.ts';\nexport type A = 1;\n", 'no-cycle'),
  inEdge('cycle-two', "export type { A } from './cycle-one.ts';\nexport type B = 1;\n", 'no-cycle'),
  {
    path: 'test/unit/mocked.test.ts',
    text: "import { expect, test, vi } from 'vitest';\nvi.mock('a');\ntest('a', () => {\n  expect(1).toBe(1);\n});\n",
    rule: 'no-restricted-vi-methods',
  },
  {
    path: 'test/unit/focused.test.ts',
    text: "import { expect, test } from 'vitest';\ntest.only('a', () => {\n  expect(1).toBe(1);\n});\n",
    rule: 'no-focused-tests',
  },
];

export const linterBreaches: readonly Breach[] = [
  ...pureBreaches,
  ...shellBreaches,
  ...everywhereBreaches,
];

/** Files without a fault in each kind of folder: enforcers that complain about everything show nothing. */
export const cleanFiles: Readonly<Record<string, string>> = {
  'common/pure/clean.ts': 'export type Clean = number;\n',
  'common/ports/clean.ts': 'export type Port = (signal: AbortSignal) => Promise<void>;\n',
  'common/run/clean.ts': 'export type Group = AsyncDisposable;\n',
  'manager/consensus/thread/clean.ts':
    "import { readFileSync } from 'node:fs';\n\nexport const edge: number = readFileSync('a').length + Date.now();\n",
  'worker/agent/clean.ts':
    "import type { Port } from '../../common/ports/clean.ts';\n\nexport async function run(port: Port): Promise<void> {\n  await port(new AbortController().signal);\n}\n",
  'cli/main.ts':
    "import { edge } from '../manager/consensus/thread/clean.ts';\n\nprocess.exitCode = edge;\n",
  'test/unit/clean.test.ts':
    "import { expect, test } from 'vitest';\n\ntest('a', () => {\n  expect(1).toBe(1);\n});\n",
};
