import { parseArgs } from 'node:util';
import { scopesNamed, type Scope } from './scopes.ts';
import { Search, type SearchResult } from './search.ts';
import { scriptOfFound } from './way.ts';

/**
 * Searches all that can happen to small groups of the Raft library: `--scope NAME` (ci: those that the tests search; all),
 * each up to `--states N`. Prints what there was, and for what breaks a promise a shortest script that breaks it.
 */

const { values } = parseArgs({
  options: {
    scope: { type: 'string', default: 'ci' },
    states: { type: 'string', default: '20000000' },
  },
});

function report(scope: Scope, result: SearchResult, seconds: number): string {
  const { states, transitions, depth, memberStates, messages, isExhausted } = result;
  const end = isExhausted ? 'exhausted' : result.found === undefined ? 'cut' : 'BROKEN';
  return (
    `${scope.name}: ${states} states, ${transitions} transitions, depth ${depth}, ` +
    `${memberStates} states of members, ${messages} messages; ${end}; ` +
    `${seconds.toFixed(1)} s, ${Math.round(states / seconds)} states/s, ` +
    `${Math.round(process.memoryUsage().rss / 1e6)} MB`
  );
}

for (const scope of scopesNamed(values.scope)) {
  const started = process.cpuUsage();
  const search = new Search(scope);
  const result = search.run(Number(values.states));
  const { user, system } = process.cpuUsage(started);
  console.log(report(scope, result, (user + system) / 1e6));
  if (result.found === undefined) continue;
  console.log(`\n${scriptOfFound(scope, search, result.found)}`);
  process.exitCode = 1;
  break;
}
