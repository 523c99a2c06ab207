import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../../lib/golden.ts';
import { renderDirectives } from '../../lib/raft/datadriven.ts';
import { interpreterOf, scriptsUnder } from '../../lib/raft/vectors.ts';
import { rareBranches } from '../../sim/raft/sometimes.ts';
import { ownScripts, vectorsDirectory } from '../../lib/raft/vectors-place.ts';

/** Replays data-driven scripts against the library: whatever it says, logs and sends must be as they write it. */

const directory = vectorsDirectory();

function rendered(
  root: string,
  path: string,
): { readonly expected: string; readonly actual: string } {
  const expected = readFileSync(join(root, path), 'utf8');
  return { expected, actual: renderDirectives(expected, interpreterOf(path)) };
}

const absent =
  'LEFT OUT: the scripts of etcd raft are not there; SHOAL_RAFT_VECTORS may name their directory';
if (directory === undefined) console.warn(absent);

describe.skipIf(directory === undefined && process.env['CI'] !== 'true')(
  'the scripts of etcd raft are replayed byte for byte',
  () => {
    const root = directory ?? '';
    const scripts = directory === undefined ? [] : scriptsUnder(directory);

    it('SHOAL_RAFT_VECTORS, or the directory beside the repository, holds some', () =>
      expect(scripts).not.toHaveLength(0));

    it.each(scripts)('%s', (path) => {
      const { expected, actual } = rendered(root, path);
      expect(actual).toBe(expected);
    });
  },
);

describe('our own scripts are replayed byte for byte', () => {
  it.each(scriptsUnder(ownScripts))('%s', async (path) => {
    const { actual } = rendered(ownScripts, path);
    await expectGolden(actual, `raft/${path}`);
  });

  const all = scriptsUnder(ownScripts).map((path) => readFileSync(join(ownScripts, path), 'utf8'));

  it.each(Object.entries(rareBranches))('one of them shows that %s', (_what, line) =>
    expect(all.some((text) => line.test(text))).toBe(true),
  );
});
