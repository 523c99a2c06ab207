import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ownScripts, vectorsDirectory } from '../lib/raft/vectors-place.ts';
import type { MutantGroup } from './mutant.ts';

/** One way to find a bug. */
export interface Suite {
  readonly name: string;
  /** It can only find what is wrong there. */
  readonly group: MutantGroup;
  /** Arguments of node, for one process after the other until one fails: cheap ones first. */
  readonly commands: readonly (readonly string[])[];
}

/** Fixed seeds of the simulation for each bug: the same ones each time, so that a verdict is one. */
const simulatedSeeds = 300;

/** Of each scope, the shortest executions first: the whole search would take as long as all else together. */
const searchedStates = 10_000;

/** Of one test: a busy machine finds no bugs. */
const testMsMax = 120_000;

const search = 'test/search/raft/main.ts';

/** Every byte, every length, every call: seconds of CPU each. */
const longTests = ['wal/damage', 'storage', 'driver'].map((name) => `consensus/${name}.test.ts`);

/** All others of the log. */
function shortTests(tree: string): readonly string[] {
  const names = readdirSync(join(tree, 'test/unit/manager/consensus/wal'));
  return names.map((name) => `consensus/wal/${name}`).filter((path) => !longTests.includes(path));
}

/** Of the driver over a log; cheap ones first. */
function driverTests(tree: string): readonly string[] {
  const names = readdirSync(join(tree, 'test/unit/manager/consensus'));
  const tests = names.filter((name) => name.endsWith('.test.ts') && name !== 'storage.test.ts');
  return tests.map((name) => `consensus/${name}`);
}

function unitTests(...paths: readonly string[]): readonly string[] {
  const folders = paths.map((path) => `test/unit/manager/${path}`);
  return [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project=unit',
    '--bail=1',
    '--maxWorkers=1',
    '--no-isolate',
    `--testTimeout=${testMsMax}`,
    ...folders,
  ];
}

/** In the order in which they run. */
export function suitesOf(tree: string): readonly Suite[] {
  const scripts = vectorsDirectory() === undefined ? [ownScripts] : [];
  const seeds = ['--first', '1', '--count', String(simulatedSeeds), '--bail'];
  const scopes = ['--scope', 'ci', '--states', String(searchedStates)];
  const vectors = ['test/conformance/raft/main.ts', ...scripts];
  const suites: readonly Suite[] = [
    { name: 'vectors', group: 'core', commands: [vectors] },
    { name: 'units', group: 'core', commands: [unitTests('raft')] },
    { name: 'search', group: 'core', commands: [[search, ...scopes]] },
    { name: 'simulation', group: 'core', commands: [['test/sim/raft/main.ts', ...seeds]] },
    { name: 'driver tests', group: 'driver', commands: [unitTests(...driverTests(tree))] },
    {
      name: 'log tests',
      group: 'log',
      commands: [unitTests(...shortTests(tree)), unitTests(...longTests)],
    },
  ];
  return suites.filter(({ name }) => name !== 'search' || existsSync(join(tree, search)));
}
