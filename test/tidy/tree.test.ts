// Shows that names, links, versions and tool configurations across the tree agree with the house rules.
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf, layout, type CodeClass } from './layout.ts';
import { readText, repositoryFiles, root, sourceFiles } from './repository.ts';

const files = repositoryFiles();
const textFiles = files.filter((path) => !/\.(?:bin|png|ico|woff2|gz|zst|tar)$/.test(path));

const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|config|d))?\.ts$/;
const emptyName = /^(?:utils?|helpers?|misc|common|types)\./;
/** The folder that this was written in: a path of one machine has no place in the product. */
const workplacePath = /(?<![\w.-])\/wor[k](?![\w-])/;

function misnamed(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const name = posix.basename(path);
    return emptyName.test(name) || (name.endsWith('.ts') && !kebabCase.test(name));
  });
}

function linesWith(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    readText(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}

/** Relative targets of Markdown links, without the part after `#`. */
function linkTargets(markdown: string): string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return targets
    .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ''));
}

describe('names', () => {
  test('files are kebab-case and say what is in them', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(misnamed(files.filter((path) => !path.startsWith('test/testdata/')))).toEqual([]);
  });

  test('a name that breaks the rule is found', () => {
    const wrong = [
      'a/Util.ts',
      'a/util.ts',
      'a/helpers.test.ts',
      'a/types.proto',
      'a/two_words.ts',
    ];
    expect(misnamed(['a/progress.ts', 'a/task-group.test.ts', 'a/shell.d.ts', ...wrong])).toEqual(
      wrong,
    );
  });
});

describe('texts', () => {
  test('no file names a path of the machine that it was written on', () => {
    expect(linesWith(workplacePath, textFiles)).toEqual([]);
    expect(workplacePath.test(['see ', 'work', 'main'].join('/'))).toBe(true);
    expect(workplacePath.test('see /worker/agent and manager/work')).toBe(false);
  });

  test('every relative link of every document leads to a file', () => {
    const documents = files.filter((path) => path.endsWith('.md'));
    expect(documents).toContain('README.md');
    const broken = documents.flatMap((path) =>
      linkTargets(readText(path))
        .filter((target) => !existsSync(join(root, posix.dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
    expect(linkTargets('[a](b/c.md#d) [e](https://f) [g](#h)')).toEqual(['b/c.md']);
  });

  test('the changelog has a place for what is not released', () => {
    expect(readText('CHANGELOG.md')).toContain('## [Unreleased]');
  });
});

interface Manifest {
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly resolved?: string; readonly hasInstallScript?: boolean }>
  >;
}

describe('packages', () => {
  const manifest = JSON.parse(readText('package.json')) as Manifest;
  const lock = JSON.parse(readText('package-lock.json')) as Lock;

  test('versions are exact and the licence is the one of the LICENSE file', () => {
    const ranges = { ...manifest.dependencies, ...manifest.devDependencies };
    const versions = Object.entries({ ...ranges, ...manifest.optionalDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(manifest.license).toBe('Apache-2.0');
    expect(readText('LICENSE')).toMatch(/Apache License\s+Version 2\.0/);
  });

  test('the lock file names no host, and install scripts stay off', () => {
    const resolved = Object.entries(lock.packages).filter(([, entry]) => 'resolved' in entry);
    expect(Object.keys(lock.packages).length).toBeGreaterThan(50);
    expect(resolved).toEqual([]);
    expect(readText('.npmrc')).toContain('ignore-scripts=true');
  });
});

describe('configurations', () => {
  const sources = sourceFiles();

  test.each<[CodeClass, string]>([
    ['pure', 'tsconfig.pure.json'],
    ['shell', 'tsconfig.shell.json'],
    ['edge', 'tsconfig.edge.json'],
    ['test', 'tsconfig.test.json'],
  ])('the compiler checks %s code, and all of it, in %s', (codeClass, project) => {
    const expected = sources.filter(
      (path) => path !== 'shell.d.ts' && folderOf(path)?.codeClass === codeClass,
    );
    expect(projectFiles(project)).toEqual(expected);
  });

  test('the linter bans by the same classes as the import table', () => {
    const config = JSON.parse(readText('.oxlintrc.json')) as LintConfig;
    const banned = (codeClass: CodeClass, index: number): void => {
      const override = config.overrides[index];
      const folders = layout.filter((folder) => folder.codeClass === codeClass);
      const globs = folders.map((folder) => `${folder.path}/${folder.flat ? '*.ts' : '**'}`);
      expect([...(override?.files ?? [])].sort()).toEqual(globs.sort());
    };
    banned('pure', 0);
    banned('shell', 1);
    const shell = layout.filter((folder) => folder.codeClass === 'shell' && !folder.flat);
    const inner = layout.filter(
      (folder) =>
        folder.codeClass !== 'shell' &&
        shell.some((outer) => folder.path.startsWith(`${outer.path}/`)),
    );
    const excluded = config.overrides[1]?.excludeFiles ?? [];
    expect([...excluded].sort()).toEqual(inner.map((folder) => `${folder.path}/**`).sort());
  });
});

interface LintConfig {
  readonly overrides: readonly {
    readonly files: readonly string[];
    readonly excludeFiles?: readonly string[];
  }[];
}

/** The files of one project from the root, sorted, without libraries, packages and outputs of other projects. */
function projectFiles(project: string): string[] {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const output = execFileSync(tsc, ['-p', project, '--showConfig'], {
    cwd: root,
    encoding: 'utf8',
  });
  const config = JSON.parse(output) as { readonly files?: readonly string[] };
  return (config.files ?? [])
    .map((path) => posix.normalize(path))
    .filter((path) => path !== 'shell.d.ts')
    .sort();
}
