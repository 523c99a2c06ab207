import { limits } from '../../common/pure/limits.ts';
import {
  Facet,
  newTaskNetwork,
  Table,
  type NetworkAllocation,
  type TaskNetwork,
} from '../../proto/gen/objects.ts';
import type { Op, Read } from '../../proto/gen/changeset.ts';
import type { Draft } from '../store/decider.ts';
import { giveBack, putOp, readOf, take, withUnknown } from '../store/ops.ts';
import type { NetworkRow, ServiceRow, TaskRow } from '../store/rows.ts';
import { isTerminal } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { heldAddresses } from './allocation-index.ts';
import type { EndpointPlan } from './plan-endpoint.ts';
import { subnetSpace, vniSpace } from './spaces.ts';

/** Replaces what a task has of networks. */
export function putTaskNetwork(task: TaskRow, network: TaskNetwork): Op {
  return putOp(
    { table: Table.tasks, key: task.id, facet: Facet.network },
    { kind: 'taskNetwork', value: network },
  );
}

/** Nobody gave the task addresses meanwhile: what an older allocation took would then be held and not shown. */
export function readTaskNetwork(task: TaskRow): Read {
  return readOf({ table: Table.tasks, key: task.id, facet: Facet.network }, task.networkVersion);
}

/** Writes a service's endpoint, for exactly the spec and the endpoint that were looked at. */
export function endpointDraft(service: ServiceRow, plan: EndpointPlan): Draft {
  return {
    reason: plan.endpoint.error === '' ? 'service allocated' : 'service cannot be allocated',
    reads: [
      readOf(
        { table: Table.services, key: service.id, facet: Facet.spec },
        service.current.version,
      ),
      readOf(
        { table: Table.services, key: service.id, facet: Facet.network },
        service.networkVersion,
      ),
    ],
    claims: plan.claims,
    ops: [
      putOp(
        { table: Table.services, key: service.id, facet: Facet.network },
        { kind: 'serviceEndpoint', value: plan.endpoint },
      ),
    ],
  };
}

/** Writes a network's subnet and takes it, or writes why there is none. */
export function subnetDraft(network: NetworkRow, allocation: NetworkAllocation): Draft {
  const value = withUnknown(allocation, network.allocation?.unknown);
  const claims =
    allocation.subnet === ''
      ? []
      : [
          take(subnetSpace, allocation.subnet, network.id),
          take(vniSpace, String(allocation.vni), network.id),
        ];
  return {
    reason: allocation.error === '' ? 'network allocated' : 'network cannot be allocated',
    reads: [
      readOf({ table: Table.networks, key: network.id, facet: Facet.spec }, network.specVersion),
      readOf(
        { table: Table.networks, key: network.id, facet: Facet.network },
        network.networkVersion,
      ),
    ],
    claims,
    ops: [
      putOp(
        { table: Table.networks, key: network.id, facet: Facet.network },
        { kind: 'networkAllocation', value },
      ),
    ],
  };
}

/**
 * Gives back the addresses of tasks that ended or will never run. The rows keep them, for people to see; each is written once more as it
 * is, so that whoever waits for an address hears of it.
 */
export function releaseDrafts(view: StoreView, tasks: readonly TaskRow[]): Draft[] {
  const drafts: Draft[] = [];
  for (let start = 0; start < tasks.length; start += limits.deciderChunkOps) {
    const chunk = tasks.slice(start, start + limits.deciderChunkOps);
    drafts.push({
      reason: 'addresses of ended tasks given back',
      reads: chunk.flatMap(readsOfRelease),
      claims: chunk.flatMap((task) =>
        heldAddresses(view, task).map(({ space, key }) => giveBack(space, key, task.id)),
      ),
      ops: chunk.map((task) => putTaskNetwork(task, unchangedNetwork(task))),
    });
  }
  return drafts;
}

/** That a task ended cannot change; that it is unwanted and without a node may still be in flight, and come to nothing. */
function readsOfRelease(task: TaskRow): readonly Read[] {
  if (isTerminal(task)) return [readTaskNetwork(task)];
  const key = { table: Table.tasks, key: task.id };
  return [
    readTaskNetwork(task),
    readOf({ ...key, facet: Facet.desired }, task.desiredVersion),
    readOf({ ...key, facet: Facet.placement }, task.placementVersion),
  ];
}

function unchangedNetwork(task: TaskRow): TaskNetwork {
  const { addresses, allocatedAtMs, networkError } = task;
  const network = newTaskNetwork({ addresses, allocatedAtMs, error: networkError });
  return withUnknown(network, task.unknown?.network);
}
