import { Table as TableName } from '../../proto/gen/objects.ts';
import { asId } from '../../common/pure/ids.ts';
import type { NetworkId, NodeId, ServiceId } from '../../common/pure/ids.ts';
import type { ServiceRow } from './rows.ts';

/** Bucket of all nodes. */
export const nodesBucket = 'nodes';
/** Bucket of all services. */
export const servicesBucket = 'services';
/** Bucket of all networks. */
export const networksBucket = 'networks';

/** Bucket of the tasks of a service. */
export function serviceBucket(id: ServiceId): string {
  return `service/${id}`;
}

/** Bucket of the tasks on a node. */
export function nodeBucket(id: NodeId): string {
  return `node/${id}`;
}

/** Bucket of the services on a network. */
export function networkBucket(id: NetworkId): string {
  return `network/${id}`;
}

/**
 * The name of an index bucket, taken apart: a set of rows with a version, so that a decision can rely on "no other row came or went".
 *
 * A bucket's version is the revision of the set that last put a row into it or took one out; a change within a row does not count.
 * 0 means never. The list, closed at level 1:
 *
 * - `nodes`, `services`, `networks`: the rows of the table.
 * - `service/<service id>`: tasks of the service.
 * - `node/<node id>`: tasks placed on the node.
 * - `network/<network id>`: services whose current spec attaches to the network.
 *
 * The version of a bucket of one object is forgotten once the object is gone and the bucket empty: ids do not come back.
 */
export type BucketName =
  | { readonly kind: 'all'; readonly table: TableName }
  | { readonly kind: 'service'; readonly id: ServiceId }
  | { readonly kind: 'node'; readonly id: NodeId }
  | { readonly kind: 'network'; readonly id: NetworkId };

/** Takes `name` apart; undefined when this version knows no such bucket. */
export function parseBucket(name: string): BucketName | undefined {
  if (name === nodesBucket) return { kind: 'all', table: TableName.nodes };
  if (name === servicesBucket) return { kind: 'all', table: TableName.services };
  if (name === networksBucket) return { kind: 'all', table: TableName.networks };
  const slash = name.indexOf('/');
  const id = name.slice(slash + 1);
  if (slash < 0 || id === '') return undefined;
  switch (name.slice(0, slash)) {
    case 'service':
      return { kind: 'service', id: asId<'service'>(id) };
    case 'node':
      return { kind: 'node', id: asId<'node'>(id) };
    case 'network':
      return { kind: 'network', id: asId<'network'>(id) };
    default:
      return undefined;
  }
}

/** Ids of the networks that the service's current spec attaches to, each once. */
export function networksOf(service: ServiceRow | undefined): ReadonlySet<string> {
  const targets = service?.current.spec.task?.networks.map((network) => network.target);
  return new Set(targets ?? []);
}
