// Shows that the reaper looks at the slots with history when an update ends, and at nothing while it goes on.
import { expect, test } from 'vitest';
import { ReaperDecider } from '../../../../manager/orchestrator/reaper/reaper.ts';
import { ReplicatedDecider } from '../../../../manager/orchestrator/replicated/replicated.ts';
import { RestartDecider } from '../../../../manager/orchestrator/restart/restart.ts';
import { Allocator } from '../../../../manager/allocator/allocator.ts';
import { Scheduler } from '../../../../manager/scheduler/scheduler.ts';
import { putOp } from '../../../../manager/store/ops.ts';
import {
  Facet,
  newServiceLifecycle,
  Table,
  TaskState,
  UpdateState,
} from '../../../../proto/gen/objects.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';

/** Keys that the reaper is asked about when the update of `web` comes to `state`. */
function keysWhen(rig: DeciderRig, state: UpdateState): readonly string[] {
  const watcher = rig.fixture.store.watch(undefined, () => undefined);
  const home = { table: Table.services, key: 'web', facet: Facet.lifecycle };
  const value = newServiceLifecycle({ updateState: state });
  rig.fixture.change({ ops: [putOp(home, { kind: 'serviceLifecycle', value })] });
  const take = watcher.take();
  watcher.close();
  if (take.kind !== 'events') throw new Error('there is an event');
  return take.events.flatMap((event) => new ReaperDecider().keysOf(event, rig.view));
}

test.each([
  ['completed', UpdateState.updating, UpdateState.completed],
  ['paused', UpdateState.updating, UpdateState.paused],
  ['rolled back', UpdateState.rollbackStarted, UpdateState.rollbackCompleted],
])(
  'an update that is %s leaves the slots that hold more than one task to the reaper',
  (_name, running, ended) => {
    const rig = new DeciderRig();
    rig.node('n1');
    rig.service(
      'web',
      parseServiceSpec(
        new Map([
          ['replicas', '3'],
          ['delay', '0s'],
        ]),
      ),
    );
    const deciders = [
      new ReplicatedDecider(),
      new RestartDecider(),
      new Allocator(),
      new Scheduler(),
    ];
    rig.converge(deciders);
    const second = rig.tasks('web').find(({ slot }) => slot === 2);
    if (second === undefined) throw new Error('the slot has a task');
    rig.report(second, TaskState.failed);
    rig.converge(deciders);
    expect(keysWhen(rig, running)).toEqual([]);
    expect(keysWhen(rig, ended)).toEqual(['slot/web/2']);
    expect(keysWhen(rig, ended)).toEqual([]);
  },
);
