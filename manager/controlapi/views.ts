import type {
  ClusterView,
  NetworkView,
  NodeView,
  ServiceStatusView,
  ServiceView,
} from '../../common/ports/cluster-api.ts';
import { TaskState } from '../../proto/gen/objects.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { ClusterRow, NetworkRow, NodeRow, ServiceRow, TaskRow } from '../store/rows.ts';
import { shownStatus } from './node-status.ts';
import { previousRevision } from './service-update.ts';

export function clusterView(row: ClusterRow): ClusterView {
  return { meta: meta(row, row.specVersion), spec: row.spec, lifecycle: row.lifecycle };
}

/** What this manager knows of the managers. */
export interface ManagersView {
  /** Id of the node that leads now; empty when nobody does. */
  readonly leaderId: string;
  readonly isReachable: (row: NodeRow) => boolean;
}

export function nodeView(row: NodeRow, { leaderId, isReachable }: ManagersView): NodeView {
  const isManager = row.lifecycle.role === NodeRole.manager;
  return {
    meta: meta(row, row.specVersion),
    spec: row.spec,
    status: shownStatus(row.status),
    lifecycle: row.lifecycle,
    manager: isManager
      ? {
          leader: row.id === leaderId,
          reachable: row.id === leaderId || isReachable(row),
          address: row.lifecycle.managerAddress,
        }
      : undefined,
  };
}

/** @param tasks all tasks of the service; undefined leaves out how many run. */
export function serviceView(row: ServiceRow, tasks: readonly TaskRow[] | undefined): ServiceView {
  return {
    meta: meta(row, row.current.version),
    spec: row.current.spec,
    previousSpec: previousRevision(row)?.spec,
    endpoint: row.endpoint,
    lifecycle: row.lifecycle,
    status: tasks && serviceStatus(row, tasks),
  };
}

export function networkView(row: NetworkRow): NetworkView {
  return { meta: meta(row, row.specVersion), spec: row.spec, allocation: row.allocation };
}

/** Every task that runs counts, whatever is wanted of it: a start-first update shows 4/3, as in swarm mode. */
function serviceStatus(row: ServiceRow, tasks: readonly TaskRow[]): ServiceStatusView {
  const mode = row.current.spec.mode?.mode;
  const running = tasks.filter((task) => task.reportedState === TaskState.running);
  const wanted = tasks.filter((task) => task.desiredState === TaskState.running);
  return {
    runningTasks: running.length,
    desiredTasks: mode?.kind === 'replicated' ? mode.value.replicas : wanted.length,
    completedTasks: 0,
  };
}

function meta(
  row: { readonly id: string; readonly createdAtMs: number; readonly updatedAtMs: number },
  version: number,
): ServiceView['meta'] {
  return { id: row.id, version, createdAtMs: row.createdAtMs, updatedAtMs: row.updatedAtMs };
}
