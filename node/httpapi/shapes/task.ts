import { formatRfc3339 } from '../../../common/pure/rfc3339.ts';
import type { TaskAddress, TaskState, TaskStatus } from '../../../proto/gen/objects.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import { type ShownMeta, writeMeta } from '../../../proto/http/meta.ts';
import { type ShownNetwork, writeAttachedNetwork } from './network.ts';
import { omit } from '../../../proto/http/omit.ts';
import { writePort } from './service-spec-writer.ts';
import { taskStateWord } from './words.ts';

/** A task as the cluster knows it, without its spec, which many tasks share. */
export interface ShownTask {
  readonly meta: ShownMeta;
  readonly serviceId: string;
  readonly slot: number;
  readonly nodeId: string;
  readonly desiredState: TaskState;
  readonly status: TaskStatus;
  readonly addresses: readonly TaskAddress[];
}

/**
 * A Task of the Docker API as JSON text.
 * @param specJson its spec, already encoded: it is the same for all tasks of one spec.
 * @param networkJson the network of an id, already encoded: it is the same for all tasks in it.
 */
export function taskJson(
  task: ShownTask,
  specJson: string,
  networkJson: (id: string) => string,
): string {
  const head = JSON.stringify({ ...writeMeta(task.meta), Labels: {} });
  const middle = JSON.stringify({
    ServiceID: omit.text(task.serviceId),
    Slot: omit.zero(task.slot),
    NodeID: omit.text(task.nodeId),
    Status: writeStatus(task.status),
    DesiredState: taskStateWord(task.desiredState),
  });
  const attachments = attachmentsJson(task.addresses, networkJson);
  return `${head.slice(0, -1)},"Spec":${specJson},${middle.slice(1, -1)}${attachments}}`;
}

/** A network as tasks show it; a task keeps addresses of networks that are gone. */
export function attachedNetworkJson(id: string, network: ShownNetwork | undefined): string {
  return JSON.stringify(network === undefined ? { ID: id } : writeAttachedNetwork(network));
}

function attachmentsJson(
  addresses: readonly TaskAddress[],
  networkJson: (id: string) => string,
): string {
  if (addresses.length === 0) return '';
  const items = addresses.map(
    ({ networkId, address }) =>
      `{"Network":${networkJson(networkId)},"Addresses":[${JSON.stringify(address)}]}`,
  );
  return `,"NetworksAttachments":[${items.join(',')}]`;
}

function writeStatus(status: TaskStatus): JsonRecord {
  const hasContainer = status.containerId !== '';
  return {
    Timestamp: formatRfc3339(status.timestampMs),
    State: taskStateWord(status.state),
    Message: omit.text(status.message),
    Err: omit.text(status.error),
    ContainerStatus: hasContainer
      ? { ContainerID: status.containerId, PID: status.pid, ExitCode: status.exitCode }
      : undefined,
    PortStatus: { Ports: omit.empty(status.ports.map(writePort)) },
  };
}
