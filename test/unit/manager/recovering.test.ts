// What the last manager writes when it begins anew after a lost quorum: the other managers are workers without raft ids, and revisions jump.
import { expect, test } from 'vitest';
import { asId } from '../../../common/pure/ids.ts';
import { newClaim } from '../../../proto/gen/changeset.ts';
import {
  newCluster,
  newClusterLifecycle,
  newNode,
  newNodeLifecycle,
} from '../../../proto/gen/objects.ts';
import { newClusterSpec, newNodeSpec, NodeRole } from '../../../proto/gen/specs.ts';
import { recoverySet } from '../../../manager/recovering.ts';
import { createOp } from '../../../manager/store/ops.ts';
import { removedRaftIds } from '../../../manager/store/raft-ids.ts';
import { StoreProposer } from '../../lib/store-proposer.ts';

const signal = new AbortController().signal;

function manager(id: string, raftId: number) {
  return createOp({
    kind: 'node',
    value: newNode({
      id,
      spec: newNodeSpec({ role: NodeRole.manager }),
      lifecycle: newNodeLifecycle({ role: NodeRole.manager, raftId, managerAddress: `${id}:1` }),
    }),
  });
}

test('the cluster begins another incarnation with one manager', async () => {
  const proposer = new StoreProposer();
  const base = { term: 0, actor: { kind: 'user', name: 't' }, reason: '', traceId: '' } as const;
  await proposer.submit(
    {
      ...base,
      id: 'founding',
      minLevel: 0,
      reads: [],
      claims: [1, 2, 3].map((id) =>
        newClaim({ space: 'raft-id', key: String(id), owner: `n${id}` }),
      ),
      ops: [
        createOp({
          kind: 'cluster',
          value: newCluster({
            id: 'c',
            spec: newClusterSpec({ name: 'default' }),
            lifecycle: newClusterLifecycle({ level: 1, incarnation: 4 }),
          }),
        }),
        manager('n1', 1),
        manager('n2', 2),
        manager('n3', 3),
      ],
    },
    signal,
  );
  const { view } = proposer;
  const before = view.revision;
  const self = { nodeId: asId<'node'>('n2'), managerAddress: 'n2:9' };
  const set = recoverySet(view, self, asId<'set'>('recovery'));
  expect((await proposer.submit(set, signal)).kind).toBe('done');
  expect(view.cluster()?.lifecycle.incarnation).toBe(5);
  expect(view.revision).toBe(before + 2 ** 32);
  const roles = view.nodes().map(({ id, spec, lifecycle }) => [id, spec.role, lifecycle.raftId]);
  expect(roles).toEqual([
    ['n1', NodeRole.worker, 0],
    ['n2', NodeRole.manager, 2],
    ['n3', NodeRole.worker, 0],
  ]);
  expect(view.node(self.nodeId)?.lifecycle.managerAddress).toBe('n2:9');
  expect(removedRaftIds(view)).toEqual([1, 3]);
  expect(
    (
      await proposer.submit(
        { ...base, id: 'x', minLevel: 1, reads: [], claims: [], ops: [manager('n4', 4)] },
        signal,
      )
    ).kind,
  ).toBe('done');
  expect(view.revision).toBe(before + 2 ** 32 + 1);
});
