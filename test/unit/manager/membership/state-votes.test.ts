// Shows who stops when managers made different things of one log: whoever has something else than most of them, and only where there is no
// majority whoever differs from the leader. The others are played by hand, on virtual time.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { StateVotes } from '../../../../manager/membership/state-votes.ts';
import { newStateCheck, type StateCheck } from '../../../../proto/gen/changeset.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

let clock: VirtualClock;
let group: TaskGroup;
let managers: string[];
let failures: string[];
let votes: StateVotes;

beforeEach(() => {
  clock = new VirtualClock();
  group = new TaskGroup();
  managers = ['self', 'b', 'c'];
  failures = [];
  votes = new StateVotes({
    selfNodeId: 'self',
    managers: () => managers,
    clock,
    log: new KeptLog(),
    spawn: (name, job) => {
      group.spawn(name, (signal) => job(signal).catch(() => undefined));
    },
    failed: ({ message }) => {
      failures.push(message);
    },
  });
});

afterEach(async () => {
  await group[Symbol.asyncDispose]();
});

function check(content: number, index = 64): StateCheck {
  return newStateCheck({ index, sum: 1, content });
}

/** Another manager that tells `checks` and then stays connected. */
async function tell(id: string, ...checks: readonly StateCheck[]): Promise<void> {
  group.spawn(id, async (signal) => {
    await votes.follow(
      id,
      (async function* () {
        yield* checks;
        await clock.sleep(3_600_000, signal).catch(() => undefined);
      })(),
    );
  });
  await clock.settle();
}

test('whoever has something else than most stops at once, and is told what to do', async () => {
  await tell('b', check(1));
  votes.applied(check(2), check(1));
  expect(failures).toEqual([]);
  await tell('c', check(1));
  expect(failures).toEqual([
    'the state of this manager differs from that of most managers: leave the swarm with --force and join again',
  ]);
});

test('so does a leader, though its own check says that all is well', async () => {
  votes.applied(check(2), check(2));
  await tell('b', check(1));
  await tell('c', check(1));
  expect(failures).toHaveLength(1);
});

test('whoever has what most have goes on, though the leader has something else', async () => {
  await tell('b', check(1));
  await tell('c', check(2));
  votes.applied(check(1), check(2));
  await clock.advance(60_000);
  expect(failures).toEqual([]);
});

test('without a majority the leader is believed, once the others have had time to answer', async () => {
  votes.applied(check(2), check(1));
  await tell('b', check(1));
  await clock.advance(9999);
  expect(failures).toEqual([]);
  await clock.advance(1);
  expect(failures).toEqual([
    "the state of this manager differs from the leader's: leave the swarm with --force and join again",
  ]);
});

test('a majority that shows itself while the leader is in doubt ends the doubt', async () => {
  votes.applied(check(2), check(1));
  await clock.advance(5000);
  await tell('b', check(2));
  await clock.advance(60_000);
  expect(failures).toEqual([]);
});

test('of two managers the one that follows stops', async () => {
  managers = ['self', 'b'];
  await tell('b', check(1));
  votes.applied(check(2), check(1));
  await clock.advance(10_000);
  expect(failures).toHaveLength(1);
});

test('a manager alone stops for nothing that its own log says', async () => {
  managers = ['self'];
  votes.applied(check(2), check(1));
  await clock.advance(60_000);
  expect(failures).toEqual([]);
});

test('others that differ in different ways are no majority', async () => {
  votes.applied(check(1), check(1));
  await tell('b', check(2));
  await tell('c', check(3));
  await clock.advance(60_000);
  expect(failures).toEqual([]);
});

test('what is said of different entries, by one that is gone, or by one that is no manager does not count', async () => {
  votes.applied(check(1), check(1));
  await tell('b', check(2, 128));
  await tell('d', check(2));
  await tell('e', check(2));
  await votes.follow(
    'c',
    (async function* () {
      yield await Promise.resolve(check(2));
    })(),
  );
  await tell('b', check(2));
  expect(failures).toEqual([]);
});

test('the last checks are told to whoever asks, then each as it comes', async () => {
  const heard: number[] = [];
  for (let at = 1; at <= 20; at += 1) votes.applied(check(1, at), check(1, at));
  group.spawn('reader', async (signal) => {
    for await (const { index } of votes.tell(signal)) heard.push(index);
  });
  await clock.settle();
  expect(heard).toEqual(Array.from({ length: 16 }, (_, at) => at + 5));
  votes.applied(check(1, 21), check(1, 21));
  await clock.settle();
  expect(heard.at(-1)).toBe(21);
});
