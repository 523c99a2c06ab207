// Shows that each enforcer of the house rules bites: the real configurations over a tree of small breaches.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanFiles, compilerBreaches, linterBreaches, type Breach } from './breaches.ts';
import { root } from './repository.ts';

const configurations = [
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.pure.json',
  'tsconfig.shell.json',
  'tsconfig.edge.json',
  'tsconfig.test.json',
  'vitest.config.ts',
  'shell.d.ts',
  '.oxlintrc.json',
  '.oxfmtrc.json',
  'knip.jsonc',
];

const directories: string[] = [];

/** A tree in a directory of its own with the real configurations and packages. */
function plant(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-tidy-'));
  directories.push(directory);
  const tree = join(directory, 'tree');
  mkdirSync(tree);
  for (const name of configurations) cpSync(join(root, name), join(tree, name));
  // Beside the tree, where resolution finds the packages and no tool walks into them.
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  return tree;
}

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs one of the installed tools to its end, whatever it says. */
async function run(tree: string, tool: string, ...options: string[]): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` };
  const settings = { cwd: tree, env, maxBuffer: 64 * 1024 * 1024 };
  execFile(join(root, 'node_modules/.bin', tool), options, settings, (error, stdout, stderr) => {
    const code = error === null ? 0 : Number(error.code ?? 1);
    resolve({ code, output: stdout + stderr });
  });
  return promise;
}

function filesOf(breaches: readonly Breach[]): Record<string, string> {
  return Object.fromEntries(breaches.map((breach) => [breach.path, breach.text]));
}

/** What no enforcer found, as `path: rule`. */
function missed(breaches: readonly Breach[], found: ReadonlySet<string>): string[] {
  return breaches
    .map((breach) => `${breach.path}: ${breach.rule}`)
    .filter((expected) => !found.has(expected));
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

describe('the compiler', () => {
  test('refuses what a project must not see and what the flags forbid', async () => {
    const tree = plant({ ...cleanFiles, ...filesOf(compilerBreaches) });
    const { code, output } = await run(tree, 'tsc', '-b', '--pretty', 'false');
    const lines = [...output.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+):/gm)];
    const found = new Set(lines.map((match) => `${match[1]}: ${match[2]}`));
    expect(missed(compilerBreaches, found)).toEqual([]);
    expect(code).not.toBe(0);
  });

  test('accepts the clean tree and builds it', async () => {
    const { code, output } = await run(plant(cleanFiles), 'tsc', '-b', '--pretty', 'false');
    expect(output).toBe('');
    expect(code).toBe(0);
  });
});

interface LintReport {
  readonly diagnostics: readonly { readonly code?: string; readonly filename: string }[];
}

describe('the linter', () => {
  test('finds every breach and nothing in the clean files', async () => {
    const tree = plant({ ...cleanFiles, ...filesOf(linterBreaches) });
    const { code, output } = await run(tree, 'oxlint', '--format', 'json');
    const report = JSON.parse(output) as LintReport;
    const found = new Set(
      report.diagnostics.map(
        ({ code: rule, filename }) => `${filename}: ${(rule ?? '').replace(/^.*\(|\)$/g, '')}`,
      ),
    );
    expect(missed(linterBreaches, found)).toEqual([]);
    expect(report.diagnostics.filter(({ filename }) => filename in cleanFiles)).toEqual([]);
    expect(code).not.toBe(0);
  });
});

describe('the formatter', () => {
  test('finds a line too long, double quotes and wrong indentation, and accepts the clean files', async () => {
    const wrong = {
      'common/pure/long.ts': `export const a: readonly number[] = [${'1, '.repeat(30)}];\n`,
      'common/pure/quotes.ts': 'export const a = "b";\n',
      'common/pure/indented.ts': 'export function a(): number {\n    return 1;\n}\n',
    };
    const tree = plant({ ...cleanFiles, ...wrong });
    const { code, output } = await run(tree, 'oxfmt', '--list-different');
    expect(output.trim().split('\n').sort()).toEqual(Object.keys(wrong).sort());
    expect(code).not.toBe(0);
  });
});

interface UnusedReport {
  readonly issues: readonly {
    readonly file: string;
    readonly files?: readonly { readonly name: string }[];
    readonly exports?: readonly { readonly name: string }[];
    readonly unlisted?: readonly { readonly name: string }[];
    readonly dependencies?: readonly { readonly name: string }[];
  }[];
}

describe('knip', () => {
  test('finds a dead file, a dead export, an unlisted and an unused package', async () => {
    const tree = plant({
      'common/pure/dead-file.ts': 'export const a: number = 1;\n',
      'common/pure/half-used.ts':
        'export const used: number = 1;\nexport const dead: number = 2;\n',
      'cli/main.ts':
        "import { used } from '../common/pure/half-used.ts';\nimport 'left-pad';\nprocess.exitCode = used;\n",
    });
    const { code, output } = await run(tree, 'knip', '--reporter', 'json', '--no-config-hints');
    const { issues } = JSON.parse(output) as UnusedReport;
    const names = (pick: keyof Omit<UnusedReport['issues'][number], 'file'>): string[] =>
      issues.flatMap((issue) => (issue[pick] ?? []).map((each) => each.name));
    expect(names('files')).toEqual(['common/pure/dead-file.ts']);
    expect(names('exports')).toEqual(['dead']);
    expect(names('unlisted')).toEqual(['left-pad']);
    expect(names('dependencies')).toContain('undici');
    expect(code).not.toBe(0);
  });
});
