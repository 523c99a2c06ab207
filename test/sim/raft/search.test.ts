/**
 * Small groups of the Raft library, searched to the end: whatever order messages, work, crashes and changes come in, no
 * promise is broken. And proof that the search finds what is broken, and that what it takes for one state is one.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom, type Random } from '../../../common/pure/random.ts';
import { renderDirectives } from '../../lib/raft/datadriven.ts';
import { interpreterOf } from '../../lib/raft/vectors.ts';
import { catalogue } from '../../mutants/catalogue.ts';
import { planted } from '../../mutants/mutant.ts';
import { scopesNamed, smallScopes, type Scope } from '../../search/raft/scopes.ts';
import { Search, type Happening } from '../../search/raft/search.ts';
import { memberText, messageText } from '../../search/raft/text.ts';
import { scriptOfFound, WayPlayer } from '../../search/raft/way.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('a small group', () => {
  test.each(smallScopes.map((scope) => [scope.name, scope] as const))(
    'keeps its invariants in every state of the scope %s',
    (_name, scope) => {
      const search = new Search(scope);
      const { found, isExhausted, states } = search.run(3_000_000);
      expect(found === undefined ? '' : scriptOfFound(scope, search, found)).toBe('');
      expect(isExhausted).toBe(true);
      expect(states).toBeGreaterThan(5000);
    },
  );
});

describe('the search', () => {
  test.each(smallScopes.map((scope) => [scope.name, scope] as const))(
    'takes each step as a group of its own takes it, in the scope %s',
    (_name, scope) => {
      const random = seededRandom(1).fork(scope.name);
      for (let walk = 0; walk < 5; walk += 1) walkBoth(scope, random);
    },
  );

  test('ends at its bound, and says so', () => {
    const [scope] = scopesNamed('elections');
    if (scope === undefined) throw new Error('there are elections');
    const { states, isExhausted } = new Search(scope).run(1000);
    expect(states).toBeLessThan(1100);
    expect(isExhausted).toBe(false);
  });
});

/** Does the same, by numbers and step by step, and compares all members and all that is on its way. */
function walkBoth(scope: Scope, random: Random): void {
  const search = new Search(scope);
  const player = new WayPlayer(scope, search);
  const { members } = search;
  const states = members.start().map((member) => members.numberOfMember(member));
  let bag: number[] = [];
  for (let step = 0; step < 50; step += 1) {
    const events = states.flatMap((state) => [...members.state(state).events]);
    const at = random.below(bag.length + Math.min(3, events.length));
    const message = bag[at];
    const event = events[random.below(events.length)] ?? 0;
    const happening: Happening =
      message === undefined
        ? { kind: 'event', event }
        : { kind: 'message', message: members.message(message), stays: random.below(5) === 0 };
    const id = happening.kind === 'event' ? members.event(event).id : happening.message.to;
    const state = states[id - 1] ?? 0;
    const { next, sent, failure } =
      message === undefined ? members.happening(state, event) : members.arrival(state, message);
    expect(failure).toBeUndefined();
    states[id - 1] = next;
    if (happening.kind === 'message' && !happening.stays) bag = bag.toSpliced(at, 1);
    if (happening.kind === 'event' && members.event(event).isEnd) {
      bag = bag.filter((one) => !members.isOwnOf(one, id));
    }
    bag.push(...sent);
    player.play(happening);
    const own = states.map((one) => memberText(members.state(one).member, []));
    expect(player.group.members.map((one) => memberText(one, []))).toEqual(own);
    expect(player.group.messages.map((one) => messageText(one, [])).sort()).toEqual(
      bag.map((one) => messageText(members.message(one), [])).sort(),
    );
  }
}

/** What is planted, where the search finds it, and as what. */
const bugs: readonly (readonly [name: string, scope: string, invariants: RegExp])[] = [
  ['double-vote', 'elections', /R1|R7/],
  ['vote-told-before-it-is-durable', 'async-votes', /R1/],
  ['acknowledged-before-it-is-durable', 'async', /R6/],
  ['earlier-terms-committed-by-counting', 'take-over', /R5/],
  ['blind-truncation', 'replication', /R6/],
  ['joint-votes-by-one-half', 'joint', /R1/],
  ['joint-commit-by-one-half', 'joint', /R6/],
  ['pending-change-ignored', 'changes-2', /R9/],
  ['read-without-a-quorum', 'reads', /S6/],
];

describe('a bug', () => {
  let copy = '';

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'shoal-search-'));
    const parts = ['manager/raft', 'common/pure', 'test/lib/raft', 'test/sim/raft', 'test/search'];
    for (const part of [...parts, 'package.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  test.each(bugs)('%s is found in the scope %s, with a script', (name, scope, invariants) => {
    const mutant = catalogue.find((one) => one.name === name);
    if (mutant === undefined) throw new Error(`there is no ${name} in the catalogue`);
    const path = join(copy, mutant.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, planted(text, mutant));
    const args = ['test/search/raft/main.ts', '--scope', scope];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
    writeFileSync(path, text);
    expect(status).toBe(1);
    const script = stdout.slice(stdout.indexOf('# '));
    expect(script).toMatch(invariants);
    expect(script).toContain('\nadd-nodes ');
    // The library without the bug knows every command of it.
    expect(renderDirectives(script, interpreterOf('found.txt'))).toContain('process-ready');
  });
});
