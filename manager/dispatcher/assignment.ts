import { newAssignment, newNodeNetwork } from '../../proto/gen/dispatcher.ts';
import type { Assignment, NodeNetwork } from '../../proto/gen/dispatcher.ts';
import { type LogDriver, PublishMode, type TaskSpec } from '../../proto/gen/specs.ts';
import { asId } from '../../common/pure/ids.ts';
import type { TaskRow } from '../store/rows.ts';
import { isPlaced } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';

/** A task as its node needs it: the registry login goes with it, and nothing else that the node has no use for. */
export function assignmentOf(view: StoreView, task: TaskRow): Assignment {
  const { spec, serviceId } = task.revision;
  return newAssignment({
    taskId: task.id,
    serviceId,
    serviceName: spec.name,
    slot: task.slot,
    desiredState: task.desiredState,
    spec: spec.task && withLogDriver(spec.task, view.cluster()?.spec.taskLogDriver),
    serviceLabels: spec.labels,
    addresses: task.addresses,
    networks: networksOf(view, task),
    hostPorts: (spec.endpoint?.ports ?? []).filter((port) => port.publishMode === PublishMode.host),
    specVersion: task.revision.version,
  });
}

/** The cluster's log driver is for those tasks that name none. */
function withLogDriver(spec: TaskSpec, byDefault: LogDriver | undefined): TaskSpec {
  if (spec.logDriver !== undefined || byDefault === undefined) return spec;
  return { ...spec, logDriver: byDefault };
}

function networksOf(view: StoreView, task: TaskRow): NodeNetwork[] {
  const networks: NodeNetwork[] = [];
  for (const { networkId } of task.addresses) {
    const row = view.network(asId<'network'>(networkId));
    if (row?.allocation === undefined) continue;
    networks.push(
      newNodeNetwork({
        id: row.id,
        name: row.spec.name,
        subnet: row.allocation.subnet,
        gateway: row.allocation.gateway,
        vni: row.allocation.vni,
        ingress: row.spec.ingress,
      }),
    );
  }
  return networks;
}

/** True when a change from `before` to `after` is news to the task's node, which wrote the status itself. */
export function concernsNode(before: TaskRow, after: TaskRow): boolean {
  return (
    before.desiredState !== after.desiredState ||
    before.nodeId !== after.nodeId ||
    isPlaced(before) !== isPlaced(after) ||
    before.addresses !== after.addresses ||
    before.revision !== after.revision
  );
}
