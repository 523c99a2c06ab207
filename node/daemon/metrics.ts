import type { PublishedPorts } from '../../worker/proxy/port.ts';
import type { MetricSource } from '../listeners/metrics.ts';
import type { DiskWatch } from './disk-watch.ts';
import type { Node } from './node.ts';

/** What the daemon tells Prometheus beside the process's own metrics. Listed in docs/metrics.md. */
export function daemonMetrics(
  node: Node,
  proxy: PublishedPorts,
  room: DiskWatch,
): readonly MetricSource[] {
  return [
    {
      name: 'shoal_node_manager',
      help: '1 while this node is a manager that serves, 0 otherwise.',
      read: () => (node.facts().controlAvailable ? 1 : 0),
    },
    {
      name: 'shoal_node_swarm_error',
      help: '1 while the swarm of this node cannot be served because of an error, 0 otherwise.',
      read: () => (node.facts().swarmState === 'error' ? 1 : 0),
    },
    {
      name: 'shoal_proxy_running',
      help: '1 while a proxy process serves the published ports of this node, 0 otherwise.',
      read: () => (proxy.status().running ? 1 : 0),
    },
    {
      name: 'shoal_proxy_failed_ports',
      help: 'Published ports that could not be bound on this node.',
      read: () => proxy.status().failures.length,
    },
    {
      name: 'shoal_node_disk_free_bytes',
      help: 'Bytes that are free on the device that holds the data root.',
      read: () => room.freeBytes,
    },
    {
      name: 'shoal_node_disk_short',
      help: '1 while changes are refused because the disk is nearly full, 0 otherwise.',
      read: () => (room.shortage === undefined ? 0 : 1),
    },
  ];
}
