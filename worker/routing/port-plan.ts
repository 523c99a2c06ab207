import type { EndpointSet } from '../../proto/gen/dispatcher.ts';
import { newPortFailure, type PortFailure } from '../../proto/gen/node.ts';
import {
  type PortConfig,
  PortProtocol,
  portProtocolName,
  PublishMode,
} from '../../proto/gen/specs.ts';

/** Where one connection may go. */
export interface Target {
  readonly taskId: string;
  /** An IP address without prefix length. */
  readonly address: string;
  readonly port: number;
}

/** One TCP port of this node and where its connections go. Without targets it is open all the same: connections are reset. */
export interface PublishedPort {
  readonly port: number;
  readonly serviceId: string;
  /** One for each task, sorted by task id. */
  readonly targets: readonly Target[];
}

/** What the proxy is to listen on. */
export interface PortPlan {
  /** Sorted by port; each port once. */
  readonly ports: readonly PublishedPort[];
  /** Ports that are asked for and cannot be served, sorted by port and protocol. */
  readonly failures: readonly PortFailure[];
}

/** What has to be opened and closed for the ports of a plan to be those that are open. */
export interface PortDifference {
  readonly open: readonly number[];
  readonly close: readonly number[];
}

const highestPort = 65_535;

/**
 * Decides which ports the proxy listens on, from the endpoint sets of all services.
 *
 * Ports in host mode and ports without a number yet are not its business. Of two services that ask for one port (the
 * allocator never allows it; a stale journal might) the one with the lower id gets it, and the other is a failure.
 */
export function planPorts(sets: readonly EndpointSet[]): PortPlan {
  const ports = new Map<number, PublishedPort>();
  const failures: PortFailure[] = [];
  for (const set of sets.toSorted((left, right) => compareText(left.serviceId, right.serviceId))) {
    for (const config of set.ports) {
      if (config.publishMode !== PublishMode.ingress || config.publishedPort === 0) continue;
      const problem = problemOf(config) ?? conflictOf(ports.get(config.publishedPort));
      if (problem === undefined) ports.set(config.publishedPort, publish(set, config));
      else failures.push(newFailure(config, problem));
    }
  }
  return {
    ports: [...ports.values()].toSorted((left, right) => left.port - right.port),
    failures: failures.toSorted(compareFailures),
  };
}

/** Compares the ports that are open with those that a plan wants. Both lists come sorted; applying them leaves nothing to do. */
export function diffPorts(open: ReadonlySet<number>, plan: PortPlan): PortDifference {
  const wanted = new Set(plan.ports.map((published) => published.port));
  return {
    open: [...wanted].filter((port) => !open.has(port)).toSorted((left, right) => left - right),
    close: [...open].filter((port) => !wanted.has(port)).toSorted((left, right) => left - right),
  };
}

/** True when a set asks for any port that the proxy would have to serve. */
export function publishesPorts(sets: readonly EndpointSet[]): boolean {
  const plan = planPorts(sets);
  return plan.ports.length > 0;
}

function problemOf(config: PortConfig): string | undefined {
  if (config.protocol !== PortProtocol.tcp) {
    return `${portProtocolName(config.protocol)} is not carried by the userland proxy yet`;
  }
  if (config.publishedPort > highestPort) return 'published port is out of range';
  if (config.targetPort < 1 || config.targetPort > highestPort)
    return 'target port is out of range';
  return undefined;
}

function conflictOf(holder: PublishedPort | undefined): string | undefined {
  return holder === undefined ? undefined : 'port is published by another service';
}

function publish(set: EndpointSet, config: PortConfig): PublishedPort {
  const targets = new Map<string, Target>();
  for (const { taskId, address } of set.endpoints) {
    if (address === '' || targets.has(taskId)) continue;
    targets.set(taskId, { taskId, address, port: config.targetPort });
  }
  return {
    port: config.publishedPort,
    serviceId: set.serviceId,
    targets: [...targets.values()].toSorted((left, right) =>
      compareText(left.taskId, right.taskId),
    ),
  };
}

function newFailure(config: PortConfig, error: string): PortFailure {
  return newPortFailure({
    port: config.publishedPort,
    protocol: portProtocolName(config.protocol),
    error,
  });
}

function compareFailures(left: PortFailure, right: PortFailure): number {
  return left.port - right.port || compareText(left.protocol, right.protocol);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
