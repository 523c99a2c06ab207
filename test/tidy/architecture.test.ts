// Shows that no file breaks the table of who may import whom, and that the test which says so bites.
import { describe, expect, test } from 'vitest';
import { findViolations } from './architecture.ts';
import { parseImports, unreadable } from './imports.ts';
import { folderOf, layout } from './layout.ts';
import { readText, sourceFiles } from './repository.ts';

const files = sourceFiles().map((path) => ({ path, text: readText(path) }));

/** A `let` or `var` that starts a line is at module level: the formatter indents every other. */
const moduleVariable = /^(?:export )?(?:let|var)\b/m;

describe('the tree', () => {
  test('every import is allowed by the table, and files were read', () => {
    expect(files.length).toBeGreaterThan(10);
    expect(files.map((file) => file.path)).toContain('common/pure/invariant.ts');
    expect(files.flatMap((file) => parseImports(file.text)).length).toBeGreaterThan(10);
    expect(findViolations(files)).toEqual([]);
  });

  test('production code has no variable at module level', () => {
    const production = files.filter((file) => folderOf(file.path)?.codeClass !== 'test');
    const mutable = production.filter((file) => moduleVariable.test(file.text));
    expect(mutable.map((file) => file.path)).toEqual([]);
  });

  test('the ports hold no classes: what implements them stands elsewhere', () => {
    const ports = files.filter((file) => file.path.startsWith('common/ports/'));
    const withClass = ports.filter((file) => /^(?:export )?(?:abstract )?class\b/m.test(file.text));
    expect(withClass.map((file) => file.path)).toEqual([]);
  });
});

describe('the table', () => {
  test('names each folder once and allows only folders that it names', () => {
    const paths = layout.map((folder) => folder.path);
    expect(new Set(paths).size).toBe(paths.length);
    const allowed = layout.flatMap((folder) => [...folder.mayImport, ...folder.mayImportPortOf]);
    expect(allowed.filter((path) => !paths.includes(path))).toEqual([]);
  });

  test('never lets pure code import other classes, nor shell code import edge code', () => {
    const classOf = new Map(layout.map((folder) => [folder.path, folder.codeClass]));
    const wrong = layout.flatMap((folder) =>
      [...folder.mayImport, ...folder.mayImportPortOf].filter((path) => {
        if (folder.codeClass === 'pure') return classOf.get(path) !== 'pure';
        return folder.codeClass === 'shell' && classOf.get(path) === 'edge';
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('lets only node import manager and worker from outside them', () => {
    const outside = layout.filter((folder) => /^(?:common|proto|cli|deploy)\b/.test(folder.path));
    const inside = outside.flatMap((folder) => folder.mayImport);
    expect(inside.filter((path) => /^(?:manager|worker|node)\b/.test(path))).toEqual([]);
    const worker = layout.filter((folder) => folder.path.startsWith('worker'));
    expect(worker.flatMap((folder) => folder.mayImport).join(' ')).not.toMatch(/manager|node/);
    const manager = layout.filter((folder) => folder.path.startsWith('manager'));
    expect(manager.flatMap((folder) => folder.mayImport).join(' ')).not.toMatch(/worker|node/);
  });
});

/** One import each, and the complaint that it must cause. */
const breaches: readonly (readonly [file: string, specifier: string, complaint: RegExp])[] = [
  ['common/pure/a.ts', '../ports/clock.ts', /pure code imports only pure code/],
  ['manager/store/a.ts', '../loop/loop.ts', /pure code imports only pure code/],
  ['manager/loop/a.ts', '../consensus/thread/thread.ts', /shell code never imports edge code/],
  ['node/httpapi/a.ts', '../daemon/daemon.ts', /shell code never imports edge code/],
  ['manager/raft/a.ts', '../../common/pure/invariant.ts', /manager\/raft may not import/],
  ['manager/scheduler/a.ts', '../orchestrator/slot.ts', /may not import manager\/orchestrator/],
  ['manager/store/a.ts', '../plan/plan.ts', /may not import manager\/plan/],
  ['manager/loop/a.ts', '../proposer/proposer.ts', /may not import manager\/proposer/],
  ['worker/agent/a.ts', '../../manager/store/rows.ts', /may not import manager\/store/],
  ['manager/dispatcher/a.ts', '../../worker/task/step.ts', /may not import worker\/task/],
  ['cli/main-verb.ts', '../node/httpapi/handle.ts', /may not import node\/httpapi/],
  ['cli/commands/a.ts', '../../manager/store/rows.ts', /may not import manager\/store/],
  ['common/run/a.ts', '../../test/lib/fake.ts', /production never imports test/],
  ['node/daemon/a.ts', '../../cli/main.ts', /nothing imports a main\.ts/],
  ['test/unit/a.test.ts', '../../cli/main.ts', /nothing imports a main\.ts/],
  ['manager/loop/a.ts', 'node:fs', /only edge code may import node:fs/],
  ['common/platform/a.ts', 'left-pad', /may not import package left-pad/],
  ['manager/raft/a.ts', 'ipaddr.js', /may not import package ipaddr\.js/],
  ['manager/ca/a.ts', '@peculiar/x509/build', /may not import package @peculiar\/x509/],
  ['common/run/a.ts', '../nowhere/a.ts', /stands in no folder/],
];

describe('the test bites', () => {
  test.each(breaches)('%s importing %s is found', (path, specifier, complaint) => {
    const found = findViolations([{ path, text: `import { a } from '${specifier}';\n` }]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(complaint);
  });

  test('a file outside the layout is found', () => {
    for (const path of ['misc/a.ts', 'node/a.ts', 'manager/elsewhere/a.ts']) {
      expect(findViolations([{ path, text: '' }])).toEqual([
        `${path}:1: stands in no folder of the layout`,
      ]);
    }
  });

  test('a variable at module level is found', () => {
    expect(moduleVariable.test('const a = 1;\nexport let count = 0;\n')).toBe(true);
    expect(moduleVariable.test('function f() {\n  let count = 0;\n}\n')).toBe(false);
  });

  test('what the table allows passes', () => {
    const text = [
      `import { invariant } from '../../common/pure/invariant.ts';`,
      `import type { Consensus } from '../consensus/port.ts';`,
      `import type { Row } from '../store/rows.ts';`,
    ].join('\n');
    expect(findViolations([{ path: 'manager/proposer/a.ts', text }])).toEqual([]);
  });
});

describe('the import reader', () => {
  const specifiers = (text: string): string[] => parseImports(text).map((each) => each.specifier);

  test('sees every form', () => {
    const text = [
      `import a from 'one';`,
      `import type { B } from "two";`,
      `import {\n  c,\n  type D,\n} from './three.ts';`,
      `import * as e from './four.ts'; import './five.ts';`,
      `export { f } from './six.ts';`,
      `export * as g from './seven.ts'; export type * from './eight.ts';`,
      `const h = await import('./nine.ts');`,
      `type I = typeof import('./ten.ts');`,
      `const j = require('./eleven.ts');`,
      `import k, { l as m } from './twelve.ts'`,
    ].join('\n');
    const expected = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const names = specifiers(text).map((name) =>
      name.replace(/^\.\/|\.ts$/g, '').replace('.ts', ''),
    );
    expect(names).toEqual([...expected, 'ten', 'eleven', 'twelve']);
  });

  test('reports an import that is not one literal', () => {
    expect(specifiers('await import(name)')).toEqual([unreadable]);
    expect(specifiers("await import('./a' + name)")).toEqual([unreadable]);
    expect(specifiers('await import(`./${name}`)')).toEqual([unreadable]);
  });

  test('ignores comments, strings, templates and words that only look like it', () => {
    const text = [
      `// import a from 'b';`,
      `/* import('c') */`,
      `const d = "import e from 'f'";`,
      'const g = `import h from "i"; ${1}`;',
      `const url = import.meta.url; const k = 'it/*';`,
      `mod.import('l'); const m = /'/; import n from 'n';`,
    ].join('\n');
    expect(specifiers(text)).toEqual(['n']);
  });

  test('gives the line', () => {
    expect(parseImports("\n\nimport a from 'b';")).toEqual([{ specifier: 'b', line: 3 }]);
  });
});
