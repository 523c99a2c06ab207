import { newEndpoint, newEndpointSet } from '../../proto/gen/dispatcher.ts';
import type { Endpoint, EndpointSet } from '../../proto/gen/dispatcher.ts';
import { TaskState } from '../../proto/gen/objects.ts';
import { PublishMode, type PortConfig } from '../../proto/gen/specs.ts';
import { limits } from '../../common/pure/limits.ts';
import type { NetworkId, ServiceId } from '../../common/pure/ids.ts';
import type { ServiceRow, TaskRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';

/**
 * Where connections to the published ports of a service go, or undefined when it publishes none in ingress mode.
 *
 * Only tasks that run (hence are healthy), are wanted and have an address on the ingress network are endpoints; of very many, the first
 * `limits.endpointSetTasks`.
 */
export function endpointSetOf(
  view: StoreView,
  serviceId: ServiceId,
  version: number,
): EndpointSet | undefined {
  const service = view.service(serviceId);
  const ports = service === undefined ? [] : ingressPorts(service);
  if (service === undefined || ports.length === 0) return undefined;
  const ingress = ingressId(view);
  return newEndpointSet({
    serviceId,
    serviceName: service.current.spec.name,
    version,
    ports,
    endpoints: ingress === undefined ? [] : endpointsOf(view, service, ingress),
  });
}

/** True when connections to ports of every node lead to the service. */
export function publishesPorts(service: ServiceRow): boolean {
  return ingressPorts(service).length > 0;
}

function ingressPorts({ endpoint }: ServiceRow): readonly PortConfig[] {
  return endpoint?.ports.filter((port) => port.publishMode === PublishMode.ingress) ?? [];
}

function endpointsOf(view: StoreView, service: ServiceRow, ingress: NetworkId): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (const task of view.tasksOfService(service.id)) {
    const address = servesTraffic(task) ? addressOn(task, ingress) : undefined;
    if (endpoints.length === limits.endpointSetTasks) break;
    if (address !== undefined)
      endpoints.push(newEndpoint({ taskId: task.id, nodeId: task.nodeId, address }));
  }
  return endpoints;
}

/** True while connections may be sent to the task. */
export function servesTraffic(task: TaskRow): boolean {
  return task.reportedState === TaskState.running && task.desiredState === TaskState.running;
}

/** True when the nodes may send connections to the task now, if its service publishes ports. */
export function isEndpoint(view: StoreView, task: TaskRow): boolean {
  return servesTraffic(task) && isReachable(view, task);
}

/** True when the task has an address to which published ports can lead. */
export function isReachable(view: StoreView, task: TaskRow): boolean {
  const ingress = ingressId(view);
  return ingress !== undefined && addressOn(task, ingress) !== undefined;
}

function addressOn(task: TaskRow, network: NetworkId): string | undefined {
  const found = task.addresses.find((address) => address.networkId === network);
  return found?.address.split('/')[0];
}

/** The one ingress network, if there is one. */
function ingressId(view: StoreView): NetworkId | undefined {
  return view.networks().find((network) => network.spec.ingress)?.id;
}
