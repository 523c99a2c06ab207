// Shows that no address or port is ever given out twice, that network, gateway and broadcast addresses stay free, and that
// all addresses of a subnet can be used.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator } from '../../../../manager/allocator/allocator.ts';
import { AllocationIndex } from '../../../../manager/allocator/allocation-index.ts';
import { ReplicatedDecider } from '../../../../manager/orchestrator/replicated/replicated.ts';
import { createOp, take } from '../../../../manager/store/ops.ts';
import { isOver, isTerminal } from '../../../../manager/store/task-state.ts';
import { newNetwork, newNetworkAllocation, TaskState } from '../../../../proto/gen/objects.ts';
import { newNetworkSpec } from '../../../../proto/gen/specs.ts';
import { readWhole } from '../../../../manager/store/decider.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';

function newRig(subnet: string): DeciderRig {
  const rig = new DeciderRig();
  const value = newNetwork({
    id: 'ingress',
    spec: newNetworkSpec({ name: 'ingress', ingress: true }),
    network: newNetworkAllocation({ subnet, gateway: '10.0.0.1', vni: 4096 }),
  });
  rig.fixture.change({ ops: [createOp({ kind: 'network', value })] });
  return rig;
}

function addService(rig: DeciderRig, id: string, options: Readonly<Record<string, string>>): void {
  rig.service(id, parseServiceSpec(new Map(Object.entries(options))));
}

function liveAddresses(rig: DeciderRig): string[] {
  return [...rig.view.tasks()]
    .filter((task) => !isOver(task))
    .flatMap((task) => task.addresses.map(({ address }) => address));
}

describe('addresses', () => {
  test('are each held by one task while tasks come and go, whatever the budget', () => {
    const steps = fc.array(fc.record({ fail: fc.nat(), replicas: fc.nat({ max: 20 }) }), {
      maxLength: 15,
    });
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 1000), (histories, rows) => {
        const rig = newRig('10.0.0.0/28');
        addService(rig, 'web', { replicas: '5', ports: '8080:80' });
        for (const { fail, replicas } of histories) {
          rig.scale('web', replicas);
          rig.settle(new ReplicatedDecider(), 'service/web');
          rig.settle(new Allocator(), 'service/web', rows);
          const tasks = rig.tasks('web');
          const failing = tasks[fail % Math.max(1, tasks.length)];
          if (failing !== undefined && !isTerminal(failing)) rig.report(failing, TaskState.failed);
          rig.settle(new Allocator(), 'service/web', rows);
          const held = liveAddresses(rig);
          expect(new Set(held).size).toBe(held.length);
          const reserved = ['10.0.0.0/28', '10.0.0.1/28', '10.0.0.15/28'];
          expect(held.filter((address) => reserved.includes(address))).toEqual([]);
          expect(rig.view.claimCount('address/ingress')).toBe(held.length + 1);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('all of a subnet are given out before there is none left', () => {
    const rig = newRig('10.0.0.0/26');
    addService(rig, 'web', { replicas: '70', ports: '8080:80' });
    rig.settle(new ReplicatedDecider(), 'service/web');
    rig.settle(new Allocator(), 'service/web');
    expect(liveAddresses(rig)).toHaveLength(64 - 3 - 1);
  });

  test('of a large subnet are found at once', () => {
    const rig = newRig('10.0.0.0/16');
    addService(rig, 'web', { replicas: '1500', ports: '8080:80' });
    rig.settle(new ReplicatedDecider(), 'service/web');
    rig.settle(new Allocator(), 'service/web');
    expect(new Set(liveAddresses(rig)).size).toBe(1500);
  });
});

describe('dynamic ports', () => {
  test('are each given to one service and kept across updates of it', () => {
    const rig = newRig('10.0.0.0/16');
    for (let index = 0; index < 20; index += 1) {
      addService(rig, `s${index}`, { replicas: '0', ports: '0:80,0:81/udp' });
      rig.settle(new Allocator(), `service/s${index}`);
    }
    const ports = rig.view.services().map((row) => row.endpoint?.ports[0]?.publishedPort);
    expect(new Set(ports).size).toBe(20);
    rig.scale('s7', 3);
    rig.settle(new Allocator(), 'service/s7');
    expect(rig.view.services().map((row) => row.endpoint?.ports[0]?.publishedPort)).toEqual(ports);
  });

  test('run out with an error', () => {
    const rig = newRig('10.0.0.0/16');
    for (let port = 30_000; port <= 32_767; port += 1) {
      rig.fixture.change({ claims: [take('port/tcp', String(port), 'somebody')] });
    }
    addService(rig, 'web', { replicas: '1', ports: '0:80' });
    rig.settle(new Allocator(), 'service/web');
    const error = rig.view.serviceByName('web')?.endpoint?.error;
    expect(error).toBe('no port is left in the dynamic range 30000-32767 (tcp)');
  });
});

describe('the index', () => {
  test('follows the view as if it were made anew', () => {
    const rig = newRig('10.0.0.0/28');
    const followed = new AllocationIndex();
    readWhole(followed, rig.view);
    const watcher = rig.fixture.store.watch(undefined, () => undefined);
    addService(rig, 'web', { replicas: '16', ports: '8080:80' });
    rig.settle(new ReplicatedDecider(), 'service/web');
    rig.settle(new Allocator(), 'service/web');
    for (const task of rig.tasks('web').slice(0, 3)) rig.report(task, TaskState.failed);
    const taken = watcher.take();
    if (taken.kind === 'events') for (const event of taken.events) followed.follow(event);
    const fresh = AllocationIndex.of(rig.view);
    expect([...followed.waitingOf('web')].toSorted()).toEqual(
      [...fresh.waitingOf('web')].toSorted(),
    );
    expect([...followed.releasable].toSorted()).toEqual([...fresh.releasable].toSorted());
    expect(followed.lastGiven('ingress')).toBe(fresh.lastGiven('ingress'));
  });
});
