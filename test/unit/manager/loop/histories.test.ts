// Shows that the running loop keeps its promises through random histories: users scale and remove, tasks fail, nodes come
// and go, while sets are dropped, lost, or lose their answer, and leaderships change.
import fc from 'fast-check';
import { test } from 'vitest';
import { NodeState } from '../../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../../proto/gen/specs.ts';
import { isTerminal } from '../../../../manager/store/task-state.ts';
import {
  action,
  checkLiveness,
  checkSafety,
  newWorld,
  nodeIds,
  obey,
  perform,
} from '../../../lib/decider-history.ts';
import { allDeciders, LoopBench, type Fate } from '../../../lib/loop-bench.ts';

const fates = fc.infiniteStream(
  fc.oneof(
    { weight: 12, arbitrary: fc.constant<Fate>('apply') },
    { weight: 1, arbitrary: fc.constantFrom<Fate>('drop', 'lose answer', 'lose set') },
  ),
);
const step = fc.record({
  action: action.filter(({ kind }) => kind !== 'decide' && kind !== 'advance'),
  waitMs: fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 9000 })),
  changesLeader: fc.nat({ max: 15 }).map((draw) => draw === 0),
});

async function changeLeader(bench: LoopBench, term: number): Promise<void> {
  await bench.stop();
  bench.rig.fixture.term = term;
  bench.controller = new AbortController();
  bench.lead(allDeciders(), term);
}

async function calmDown(bench: LoopBench): Promise<void> {
  bench.proposer.fate = () => 'apply';
  for (const id of nodeIds) {
    bench.rig.nodeState(id, NodeState.nodeReady);
    bench.rig.nodeSpec(id, { availability: NodeAvailability.active });
  }
  for (let round = 0; round < 12; round += 1) {
    await bench.clock.advance(20_000);
    const tasks = [...bench.rig.view.tasks()].filter((task) => !isTerminal(task));
    bench.rig.fixture.wallMs = bench.clock.wallMs();
    for (const task of tasks) obey(bench.rig, task);
  }
  await bench.clock.advance(20_000);
}

const settles = fc.asyncProperty(
  fc.array(step, { minLength: 5, maxLength: 40 }),
  fates,
  async (steps, stream) => {
    const bench = new LoopBench();
    newWorld(bench.rig);
    bench.proposer.fate = () => stream.next().value as Fate;
    bench.lead();
    let term = 1;
    for (const { action: happening, waitMs, changesLeader } of steps) {
      bench.rig.fixture.wallMs = bench.clock.wallMs();
      perform(bench.rig, happening);
      if (changesLeader) {
        term += 1;
        await changeLeader(bench, term);
      }
      await bench.clock.advance(waitMs);
      checkSafety(bench.rig);
    }
    await calmDown(bench);
    checkSafety(bench.rig);
    checkLiveness(bench.rig);
    await bench.stop();
  },
);

test('the loop settles on what was asked for, whatever comes between', async () => {
  await fc.assert(settles, { numRuns: 30 });
}, 60_000);

// -343508305: a task that was allocated again while an answer was lost held two more addresses for ever.
test.each([-343508305])(
  'seed %i, which once failed, settles',
  async (seed) => {
    await fc.assert(settles, { seed, numRuns: 24 });
  },
  60_000,
);
