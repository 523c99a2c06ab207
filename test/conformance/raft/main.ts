import { replay, scriptsUnder } from '../../lib/raft/vectors.ts';
import { ownScripts, vectorsDirectory } from '../../lib/raft/vectors-place.ts';

/** Replays every script and prints `N of M files`; with an argument, those of that directory alone. */

/** The first line that differs, as wanted and as got. */
function firstDifference(expected: string, actual: string): string {
  const wanted = expected.split('\n');
  const got = actual.split('\n');
  const at = wanted.findIndex((line, position) => line !== got[position]);
  const line = at < 0 ? wanted.length : at;
  return `  wanted: ${wanted[line] ?? '(nothing)'}\n  got:    ${got[line] ?? '(nothing)'}`;
}

function isReplayed(root: string, path: string): boolean {
  try {
    const mismatch = replay(root, path);
    if (mismatch === undefined) return true;
    const { directive, actual } = mismatch;
    console.log(`${path}:${directive.line}: ${directive.command}`);
    console.log(firstDifference(directive.expected, actual));
  } catch (error) {
    console.log(`${path}: ${String(error)}`);
  }
  return false;
}

const given = process.argv[2] ?? vectorsDirectory();
if (given === undefined)
  console.log('the scripts of etcd raft are not there: set SHOAL_RAFT_VECTORS');
const roots = process.argv[2] === undefined ? [given, ownScripts] : [given];
const scripts = roots
  .filter((root) => root !== undefined)
  .flatMap((root) => scriptsUnder(root).map((path) => ({ root, path })));
const replayed = scripts.filter(({ root, path }) => isReplayed(root, path)).length;
console.log(`${replayed} of ${scripts.length} files`);
process.exitCode = given !== undefined && replayed === scripts.length && replayed > 0 ? 0 : 1;
