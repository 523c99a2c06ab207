import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownScripts, vectorsDirectory } from '../lib/raft/vectors-place.ts';
import type { MutantGroup } from './mutant.ts';

/** One way to find a bug. */
export interface Suite {
  readonly name: string;
  /** It can only find what is wrong there. */
  readonly group: MutantGroup;
  /** Arguments of node. */
  readonly command: readonly string[];
}

/** Fixed seeds of the simulation for each bug: the same ones each time, so that a verdict is one. */
const simulatedSeeds = 300;

/** A bug may make many more states than there are: so many of each scope are searched, several times what the code has. */
const searchedStates = 200_000;

const search = 'test/search/raft/main.ts';

function unitTests(...paths: readonly string[]): readonly string[] {
  const options = ['run', '--project', 'unit', '--bail', '1', '--maxWorkers', '1', '--no-isolate'];
  const folders = paths.map((path) => `test/unit/manager/${path}`);
  return ['node_modules/vitest/vitest.mjs', ...options, ...folders];
}

/** In the order in which they run. */
export function suitesOf(tree: string): readonly Suite[] {
  const scripts = vectorsDirectory() === undefined ? [ownScripts] : [];
  const seeds = ['--first', '1', '--count', String(simulatedSeeds), '--bail'];
  const scopes = ['--scope', 'ci', '--states', String(searchedStates)];
  const suites: readonly Suite[] = [
    { name: 'vectors', group: 'core', command: ['test/conformance/raft/main.ts', ...scripts] },
    { name: 'units', group: 'core', command: unitTests('raft') },
    { name: 'search', group: 'core', command: [search, ...scopes] },
    { name: 'simulation', group: 'core', command: ['test/sim/raft/main.ts', ...seeds] },
    {
      name: 'log tests',
      group: 'log',
      command: unitTests('consensus/wal', 'consensus/storage', 'consensus/driver'),
    },
  ];
  return suites.filter(({ name }) => name !== 'search' || existsSync(join(tree, search)));
}
