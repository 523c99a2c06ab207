import type { CreateObject } from '../../proto/gen/changeset.ts';
import {
  newAuthorityKeys,
  newClusterLifecycle,
  newNodeLifecycle,
  newNodeStatus,
} from '../../proto/gen/objects.ts';
import type { Authority, Cluster, Network, Node, Service } from '../../proto/gen/objects.ts';
import { newClusterSpec, newNetworkSpec, newNodeSpec } from '../../proto/gen/specs.ts';
import { asId } from '../../common/pure/ids.ts';
import type { Stamp } from './changes.ts';
import type { AuthorityRow, ClusterRow, NetworkRow, NodeRow, ServiceRow } from './rows.ts';

/** Objects whose rows depend on nothing but the object; a task's row also needs the spec revision that it runs. */
export type PlainObject = Exclude<CreateObject, { readonly kind: 'task' }>;

/** The row that `object` creates; text when it is not valid. A facet that the object lacks has its default, and version 0. */
export function createRow(
  object: PlainObject,
  at: Stamp,
): ClusterRow | AuthorityRow | NodeRow | ServiceRow | NetworkRow | string {
  switch (object.kind) {
    case 'cluster':
      return createCluster(object.value, at);
    case 'authority':
      return createAuthority(object.value, at);
    case 'node':
      return createNode(object.value, at);
    case 'network':
      return createNetwork(object.value, at);
    case 'service':
      return createService(object.value, at);
  }
}

function versionOf(facet: unknown, at: Stamp): number {
  return facet === undefined ? 0 : at.revision;
}

function createdAtMs(object: { readonly createdAtMs: number }, at: Stamp): number {
  return object.createdAtMs === 0 ? at.clusterMs : object.createdAtMs;
}

function createCluster(object: Cluster, at: Stamp): ClusterRow {
  return {
    id: asId<'cluster'>(object.id),
    createdAtMs: createdAtMs(object, at),
    updatedAtMs: at.clusterMs,
    spec: object.spec ?? newClusterSpec(),
    lifecycle: object.lifecycle ?? newClusterLifecycle(),
    specVersion: versionOf(object.spec, at),
    lifecycleVersion: versionOf(object.lifecycle, at),
    rowVersion: at.revision,
    unknown: object.unknown,
  };
}

function createAuthority(object: Authority, at: Stamp): AuthorityRow {
  return {
    id: asId<'cluster'>(object.id),
    createdAtMs: createdAtMs(object, at),
    updatedAtMs: at.clusterMs,
    keys: object.keys ?? newAuthorityKeys(),
    lifecycleVersion: versionOf(object.keys, at),
    rowVersion: at.revision,
    unknown: object.unknown,
  };
}

function createNode(object: Node, at: Stamp): NodeRow {
  return {
    id: asId<'node'>(object.id),
    createdAtMs: createdAtMs(object, at),
    updatedAtMs: at.clusterMs,
    spec: object.spec ?? newNodeSpec(),
    status: object.status ?? newNodeStatus(),
    lifecycle: object.lifecycle ?? newNodeLifecycle(),
    specVersion: versionOf(object.spec, at),
    statusVersion: versionOf(object.status, at),
    lifecycleVersion: versionOf(object.lifecycle, at),
    rowVersion: at.revision,
    unknown: object.unknown,
  };
}

function createNetwork(object: Network, at: Stamp): NetworkRow {
  return {
    id: asId<'network'>(object.id),
    createdAtMs: createdAtMs(object, at),
    updatedAtMs: at.clusterMs,
    spec: object.spec ?? newNetworkSpec(),
    allocation: object.network,
    specVersion: versionOf(object.spec, at),
    networkVersion: versionOf(object.network, at),
    rowVersion: at.revision,
    unknown: object.unknown,
  };
}

function createService(object: Service, at: Stamp): ServiceRow | string {
  if (object.spec === undefined) return 'a service needs a spec';
  const id = asId<'service'>(object.id);
  return {
    id,
    createdAtMs: createdAtMs(object, at),
    updatedAtMs: at.clusterMs,
    current: {
      serviceId: id,
      version: at.revision,
      spec: object.spec,
      writtenAtMs: at.clusterMs,
    },
    previous: undefined,
    endpoint: object.network,
    lifecycle: object.lifecycle,
    networkVersion: versionOf(object.network, at),
    lifecycleVersion: versionOf(object.lifecycle, at),
    rowVersion: at.revision,
    unknown: object.unknown,
  };
}
