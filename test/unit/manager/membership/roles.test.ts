// Which role a node gets next: what its spec asks for, when it can have it, with the raft ids that come and go with it.
import { beforeEach, describe, expect, test } from 'vitest';
import { planRole, renumber, type RoleChange } from '../../../../manager/membership/roles.ts';
import { emptyConfState, type ConfState } from '../../../../manager/raft/snapshot.ts';
import { createOp } from '../../../../manager/store/ops.ts';
import { removedRaftIds, raftIdSpace } from '../../../../manager/store/raft-ids.ts';
import { newClaim } from '../../../../proto/gen/changeset.ts';
import {
  newCluster,
  newNodeLifecycle,
  newNodeStatus,
  NodeState,
} from '../../../../proto/gen/objects.ts';
import { newNodeSpec, NodeRole } from '../../../../proto/gen/specs.ts';
import { putValue, StoreFixture } from '../../../lib/store-fixture.ts';
import { nodeId } from '../../../lib/store-proposer.ts';

let fixture: StoreFixture;

beforeEach(() => {
  fixture = new StoreFixture();
  fixture.change({ ops: [createOp({ kind: 'cluster', value: newCluster({ id: 'c' }) })] });
});

interface Wish {
  readonly wanted: NodeRole;
  readonly is: NodeRole;
  readonly raftId?: number;
  readonly state?: NodeState;
  readonly address?: string;
}

function node(id: string, wish: Wish): void {
  const { wanted, is, raftId = 0, state = NodeState.nodeReady, address = '10.0.0.5' } = wish;
  fixture.node(id, {
    spec: newNodeSpec({ role: wanted }),
    status: newNodeStatus({ state, address }),
    lifecycle: newNodeLifecycle({ role: is, raftId }),
  });
  if (raftId === 0) return;
  const claim = newClaim({ space: raftIdSpace, key: String(raftId), owner: id });
  fixture.change({ claims: [claim] });
}

function plan(confState: Partial<ConfState> = {}, fresh = 99): RoleChange | undefined {
  return planRole(fixture.view, { ...emptyConfState, ...confState }, fresh);
}

function make(change: RoleChange | undefined): void {
  if (change === undefined) throw new Error('there is nothing to do');
  const { reads, claims, ops } = change;
  fixture.change({ reads, claims, ops });
}

const { manager, worker } = NodeRole;

test('a node that has the role that it is to have is left alone', () => {
  node('m', { wanted: manager, is: manager, raftId: 5 });
  node('w', { wanted: worker, is: worker });
  expect(plan({ voters: [5] })).toBeUndefined();
});

test('nothing is decided where there is no cluster', () => {
  const { view } = new StoreFixture();
  expect(planRole(view, emptyConfState, 1)).toBeUndefined();
});

describe('a node to be promoted', () => {
  test('gets a raft id that is claimed for it, and an address', () => {
    node('w', { wanted: manager, is: worker });
    make(plan());
    expect(fixture.view.node(nodeId('w'))?.lifecycle).toEqual(
      newNodeLifecycle({ role: manager, raftId: 99, managerAddress: '10.0.0.5:2377' }),
    );
    expect(fixture.view.claimOwner(raftIdSpace, '99')).toBe('w');
    expect(plan()).toBeUndefined();
  });

  test('of IPv6 has its address in brackets', () => {
    node('w', { wanted: manager, is: worker, address: '2001:db8::5' });
    make(plan());
    expect(fixture.view.node(nodeId('w'))?.lifecycle.managerAddress).toBe('[2001:db8::5]:2377');
  });

  test.each([NodeState.nodeUnknown, NodeState.nodeDown, NodeState.nodeDisconnected])(
    'waits while it is not ready (state %d), and holds up nobody',
    (state) => {
      node('a', { wanted: manager, is: worker, state });
      node('b', { wanted: manager, is: worker });
      expect(plan()?.nodeId).toBe('b');
    },
  );

  test('does not get a raft id that somebody had', () => {
    node('old', { wanted: worker, is: manager, raftId: 99 });
    make(plan());
    node('w', { wanted: manager, is: worker });
    const change = plan({}, 99);
    expect(() => {
      make(change);
    }).toThrow(/refused.*claim/);
  });

  test('is not promoted by what was decided before its spec changed', () => {
    node('w', { wanted: manager, is: worker });
    const change = plan();
    fixture.change({ ops: [putValue('w', { kind: 'nodeSpec', value: newNodeSpec() })] });
    expect(() => {
      make(change);
    }).toThrow(/refused.*read/);
  });
});

describe('a node to be demoted', () => {
  test.each(['voters', 'learners', 'votersOutgoing', 'learnersNext'] as const)(
    'stays a manager while it is one of %s',
    (list) => {
      node('m', { wanted: worker, is: manager, raftId: 5 });
      expect(plan({ [list]: [4, 5] })).toBeUndefined();
    },
  );

  test('is a worker once it belongs to the group no more, and its raft id is nobody’s for ever', () => {
    node('m', { wanted: worker, is: manager, raftId: 5, state: NodeState.nodeDown });
    make(plan({ voters: [4] }));
    expect(fixture.view.node(nodeId('m'))?.lifecycle).toEqual(newNodeLifecycle({ role: worker }));
    expect(removedRaftIds(fixture.view)).toEqual([5]);
    expect(plan({ voters: [4] })).toBeUndefined();
  });
});

test('a manager with another raft id gives up the old one, and keeps it no longer', () => {
  node('m', { wanted: manager, is: manager, raftId: 5 });
  const row = fixture.view.node(nodeId('m'));
  if (row === undefined) throw new Error('there is no such node');
  const fresh = newNodeLifecycle({ role: manager, raftId: 6, managerAddress: '10.0.0.5:2377' });
  make(renumber(row, fixture.view.clusterId(), fresh));
  expect(fixture.view.node(nodeId('m'))?.lifecycle).toEqual(fresh);
  expect(removedRaftIds(fixture.view)).toEqual([5]);
  expect(fixture.view.claimOwner(raftIdSpace, '6')).toBe('m');
});
