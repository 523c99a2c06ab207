// Shows the control loop at work on a real store: it comes to rest with what was asked for, decides on what is in flight
// instead of deciding twice, and sees refused, dropped and unknown sets through. The proposer is a fake that takes its time.
import { describe, expect, test } from 'vitest';
import { actorName } from '../../../../common/ports/identity.ts';
import { taskError } from '../../../../manager/store/task-state.ts';
import { NodeState, TaskState } from '../../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../../proto/gen/specs.ts';
import { newWorld } from '../../../lib/decider-history.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';
import { allDeciders, LoopBench } from '../../../lib/loop-bench.ts';

const assigned = TaskState.assigned;
const wanted = TaskState.running;

describe('one leadership', () => {
  test('brings a service to its nodes, one set for each step', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '3']])));
    bench.lead();
    await bench.clock.advance(100);
    expect(bench.states('web')).toEqual([
      `1 ${assigned} ${wanted} n1`,
      `2 ${assigned} ${wanted} n1`,
      `3 ${assigned} ${wanted} n1`,
    ]);
    expect(bench.proposer.sets.map((set) => `${actorName(set.actor)}: ${set.reason}`)).toEqual([
      'controller:replicated: scale up',
      'controller:allocator: tasks allocated',
      'controller:scheduler: tasks placed',
    ]);
    await bench.stop();
  });

  test('decides on what is in flight: all is proposed before anything is applied', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '3']])));
    bench.lead();
    await bench.clock.advance(4);
    expect(bench.proposer.sets).toHaveLength(3);
    expect(bench.rig.tasks('web')).toEqual([]);
    await bench.clock.advance(200);
    expect(bench.proposer.sets).toHaveLength(3);
    await bench.stop();
  });

  test('ids are made, and made once', async () => {
    const bench = new LoopBench();
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '30']])));
    bench.lead();
    await bench.clock.advance(100);
    const ids = bench.rig.tasks('web').map(({ id }) => id);
    expect(new Set(ids).size).toBe(30);
    expect(ids.every((id) => /^[0-9a-z]{25}$/.test(id))).toBe(true);
    await bench.stop();
  });

  test('wakes by itself when a restart delay is over', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '1']])));
    bench.lead();
    await bench.clock.advance(100);
    const [first] = bench.rig.tasks('web');
    if (first !== undefined) bench.rig.report(first, TaskState.failed);
    await bench.clock.advance(4000);
    expect(bench.states('web')).toEqual([
      `1 ${TaskState.failed} ${TaskState.shutdown} n1`,
      `1 ${assigned} ${TaskState.ready} n1`,
    ]);
    await bench.clock.advance(1100);
    expect(bench.states('web')[1]).toBe(`1 ${assigned} ${wanted} n1`);
    await bench.stop();
  });

  test('retries what fits nowhere the moment a node fits', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1', { spec: { availability: NodeAvailability.drain } });
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '1']])));
    bench.lead();
    await bench.clock.advance(100);
    const [waiting] = bench.rig.tasks('web');
    expect(waiting && taskError(waiting)).toBe(
      'no suitable node (1 node not available for new tasks)',
    );
    bench.rig.nodeSpec('n1', { availability: NodeAvailability.active });
    await bench.clock.advance(20);
    expect(bench.states('web')).toEqual([`1 ${assigned} ${wanted} n1`]);
    await bench.stop();
  });

  test('moves tasks off a node that goes down', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '2']])));
    bench.lead();
    await bench.clock.advance(100);
    bench.rig.node('n2');
    bench.rig.nodeState('n1', NodeState.nodeDown);
    await bench.clock.advance(100);
    const live = bench.rig.tasks('web').filter((task) => task.desiredState === wanted);
    expect(live.map((task) => `${task.slot} ${task.nodeId}`)).toEqual(['1 n2', '2 n2']);
    await bench.stop();
  });
});

describe('sets that do not come through', () => {
  test('a set that was refused is decided again on what is there now', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.node('n2');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '2']])));
    let isDrained = false;
    bench.proposer.fate = (set) => {
      if (set.reason === 'tasks placed' && !isDrained) {
        isDrained = true;
        bench.rig.nodeSpec('n1', { availability: NodeAvailability.drain });
      }
      return 'apply';
    };
    bench.lead();
    await bench.clock.advance(1000);
    expect(bench.outcomes).toContain('controller:scheduler refused');
    expect(bench.states('web')).toEqual([
      `1 ${assigned} ${wanted} n2`,
      `2 ${assigned} ${wanted} n2`,
    ]);
    await bench.stop();
  });

  test('a set that was dropped is proposed again later', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '2']])));
    let drops = 10;
    bench.proposer.fate = () => {
      drops -= 1;
      return drops > 0 ? 'drop' : 'apply';
    };
    bench.lead();
    await bench.clock.advance(20_000);
    expect(bench.states('web')).toHaveLength(2);
    expect(bench.states('web')[0]).toBe(`1 ${assigned} ${wanted} n1`);
    await bench.stop();
  });

  test.each(['lose answer', 'lose set'] as const)(
    'a set whose outcome is unknown takes effect once (%s)',
    async (loss) => {
      const bench = new LoopBench();
      bench.rig.node('n1');
      bench.rig.service('web', parseServiceSpec(new Map([['replicas', '3']])));
      const seen = new Map<string, number>();
      bench.proposer.fate = (set) => {
        const times = (seen.get(set.id) ?? 0) + 1;
        seen.set(set.id, times);
        return times < 3 ? loss : 'apply';
      };
      bench.lead();
      await bench.clock.advance(20_000);
      expect(bench.states('web')).toEqual([
        `1 ${assigned} ${wanted} n1`,
        `2 ${assigned} ${wanted} n1`,
        `3 ${assigned} ${wanted} n1`,
      ]);
      await bench.stop();
    },
  );
});

describe('what is decided on top of a set that comes to nothing', () => {
  test('a row that still holds an address is not deleted without giving it back', async () => {
    const bench = new LoopBench();
    newWorld(bench.rig);
    // The allocator is asked before the reaper: the row is deleted on top of the release.
    bench.lead(allDeciders().toReversed());
    await bench.clock.advance(100);
    bench.rig.scale('web', 0);
    await bench.clock.advance(100);
    const isRelease = (reason: string): boolean => reason.includes('given back');
    const dropped: string[] = [];
    bench.proposer.fate = ({ reason }) => {
      if (!isRelease(reason) || dropped.length > 0) return 'apply';
      dropped.push(reason);
      return 'drop';
    };
    for (const task of bench.rig.tasks('web')) bench.rig.report(task, TaskState.shutdown);
    await bench.clock.advance(1000);
    expect(dropped).toHaveLength(1);
    expect(bench.rig.tasks('web')).toEqual([]);
    const held = bench.rig.tasks('slow').flatMap(({ addresses }) => addresses);
    const virtualAddresses = 2;
    expect(bench.rig.view.claimCount('address/ingress')).toBe(virtualAddresses + held.length);
    await bench.stop();
  });

  test('a slot is not filled while its old task is still wanted', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '2']])));
    bench.lead();
    await bench.clock.advance(100);
    bench.proposer.fate = ({ reason }) => (reason === 'scale down' ? 'drop' : 'apply');
    bench.rig.scale('web', 1);
    await bench.clock.advance(2);
    bench.rig.scale('web', 2);
    await bench.clock.advance(1000);
    expect(bench.proposer.sets.map(({ reason }) => reason)).toContain('scale down');
    expect(bench.states('web')).toEqual([
      `1 ${assigned} ${wanted} n1`,
      `2 ${assigned} ${wanted} n1`,
    ]);
    await bench.stop();
  });

  test('a row is not deleted on top of a removal that may never come, but when that has come', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '2']])));
    bench.lead();
    await bench.clock.advance(100);
    bench.proposer.fate = ({ reason }) => (reason === 'scale down' ? 'drop' : 'apply');
    for (const task of bench.rig.tasks('web')) bench.rig.report(task, TaskState.failed);
    bench.rig.scale('web', 0);
    const ids = bench.rig.tasks('web').map(({ id }) => id);
    await bench.clock.advance(1000);
    const reasons = (): string[] => bench.proposer.sets.map(({ reason }) => reason);
    expect(reasons()).toContain('scale down');
    expect(reasons()).not.toContain('task removed');
    expect(bench.rig.tasks('web').map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    bench.proposer.fate = () => 'apply';
    await bench.clock.advance(10_000);
    expect(reasons()).toContain('task removed');
    expect(bench.rig.tasks('web')).toEqual([]);
    await bench.stop();
  });
});

describe('the end of a leadership', () => {
  test('nothing is decided before the store is known to be whole', async () => {
    const bench = new LoopBench();
    bench.proposer.isReachable = false;
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '3']])));
    bench.lead();
    await bench.clock.advance(30_000);
    expect(bench.proposer.sets).toEqual([]);
    bench.proposer.isReachable = true;
    await bench.clock.advance(10_000);
    expect(bench.rig.tasks('web')).toHaveLength(3);
    await bench.stop();
  });

  test('nothing runs on, and the next one continues where it ended', async () => {
    const bench = new LoopBench();
    bench.rig.node('n1');
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '1']])));
    bench.lead();
    await bench.clock.advance(100);
    const [first] = bench.rig.tasks('web');
    if (first !== undefined) bench.rig.report(first, TaskState.failed);
    await bench.clock.advance(1000);
    await bench.stop();
    const sets = bench.proposer.sets.length;
    await bench.clock.advance(60_000);
    expect(bench.proposer.sets).toHaveLength(sets);
    expect(bench.clock.nextDueMs()).toBeUndefined();

    bench.controller = new AbortController();
    bench.rig.fixture.term = 2;
    bench.lead(allDeciders(), 2);
    await bench.clock.advance(6000);
    expect(bench.states('web')[1]).toBe(`1 ${assigned} ${wanted} n1`);
    await bench.stop();
  });

  test('sets of an earlier term have no effect', async () => {
    const bench = new LoopBench();
    bench.rig.service('web', parseServiceSpec(new Map([['replicas', '3']])));
    bench.rig.fixture.term = 2;
    bench.lead(allDeciders(), 1);
    await bench.clock.advance(60_000);
    expect(bench.rig.tasks('web')).toEqual([]);
    expect(bench.proposer.sets.length).toBeLessThan(150);
    await bench.stop();
  });
});
