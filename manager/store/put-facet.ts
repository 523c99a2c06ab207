import type { Put, PutValue } from '../../proto/gen/changeset.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import type { NetworkAllocation } from '../../proto/gen/objects.ts';
import type { ServiceSpec } from '../../proto/gen/specs.ts';
import { homeOf } from './ops.ts';
import type { AnyRow, Stamp } from './changes.ts';
import type { AuthorityRow, ClusterRow, NetworkRow, NodeRow, ServiceRow, TaskRow } from './rows.ts';
import { putTaskDesired, putTaskNetwork, putTaskPlacement, putTaskStatus } from './task-row.ts';
import { shareTask } from './shared-task.ts';

/**
 * `row`, which is of `put.table`, with one facet replaced; text when the put is not valid for it.
 */
export function putFacet(row: AnyRow, put: Put, at: Stamp): AnyRow | string {
  const value = put.value;
  if (value === undefined) return deleteFacet(row, put, at);
  const home = homeOf[value.kind];
  if (home.table !== put.table || home.facet !== put.facet) return 'the value is not of the facet';
  switch (value.kind) {
    case 'serviceSpec':
      return putServiceSpec(row as ServiceRow, value.value, at);
    case 'taskDesired':
      return putTaskDesired(row as TaskRow, value.value, at);
    case 'taskPlacement':
      return putTaskPlacement(row as TaskRow, value.value, at);
    case 'taskNetwork':
      return putTaskNetwork(row as TaskRow, value.value, at);
    case 'taskStatus':
      return putTaskStatus(row as TaskRow, value.value, at);
    case 'clusterSpec':
    case 'clusterLifecycle':
    case 'nodeSpec':
    case 'nodeStatus':
    case 'nodeLifecycle':
    case 'serviceEndpoint':
    case 'serviceLifecycle':
    case 'networkSpec':
    case 'networkAllocation':
    case 'authorityKeys':
      return putPlain(row, value, at);
  }
}

type PlainValue = Exclude<
  PutValue,
  { readonly kind: 'serviceSpec' | 'taskDesired' | 'taskPlacement' | 'taskNetwork' | 'taskStatus' }
>;

/** Facets that a put replaces and nothing more. */
function putPlain(row: AnyRow, put: PlainValue, at: Stamp): AnyRow {
  const version = at.revision;
  const updatedAtMs = at.clusterMs;
  switch (put.kind) {
    case 'clusterSpec':
      return { ...(row as ClusterRow), spec: put.value, specVersion: version, updatedAtMs };
    case 'clusterLifecycle':
      return {
        ...(row as ClusterRow),
        lifecycle: put.value,
        lifecycleVersion: version,
        updatedAtMs,
      };
    case 'nodeSpec':
      return { ...(row as NodeRow), spec: put.value, specVersion: version, updatedAtMs };
    case 'nodeStatus':
      return { ...(row as NodeRow), status: put.value, statusVersion: version, updatedAtMs };
    case 'nodeLifecycle':
      return { ...(row as NodeRow), lifecycle: put.value, lifecycleVersion: version, updatedAtMs };
    case 'serviceEndpoint':
      return { ...(row as ServiceRow), endpoint: put.value, networkVersion: version, updatedAtMs };
    case 'serviceLifecycle':
      return {
        ...(row as ServiceRow),
        lifecycle: put.value,
        lifecycleVersion: version,
        updatedAtMs,
      };
    case 'networkSpec':
      return { ...(row as NetworkRow), spec: put.value, specVersion: version, updatedAtMs };
    case 'networkAllocation':
      return putAllocation(row as NetworkRow, put.value, at);
    case 'authorityKeys':
      return { ...(row as AuthorityRow), keys: put.value, lifecycleVersion: version, updatedAtMs };
  }
}

/** Makes a new revision current; the one that was becomes the previous one. */
function putServiceSpec(service: ServiceRow, spec: ServiceSpec, at: Stamp): ServiceRow | string {
  // Revisions are named by the set that wrote them, so one set cannot write two.
  if (service.current.version === at.revision) return 'a set writes the spec of a service once';
  // The id of the row, so that all revisions and tasks of a service share one string.
  const serviceId = service.id;
  const kept = [service.current, ...(service.previous === undefined ? [] : [service.previous])];
  const shared = shareTask(
    spec,
    kept.map((revision) => revision.spec),
  );
  return {
    ...service,
    current: { serviceId, version: at.revision, spec: shared, writtenAtMs: at.clusterMs },
    previous: service.current,
    updatedAtMs: at.clusterMs,
  };
}

function putAllocation(
  network: NetworkRow,
  allocation: NetworkAllocation | undefined,
  at: Stamp,
): NetworkRow {
  return {
    ...network,
    allocation,
    networkVersion: allocation === undefined ? 0 : at.revision,
    updatedAtMs: at.clusterMs,
  };
}

/** Only what allocators and updaters add later can be taken away again. */
function deleteFacet(row: AnyRow, put: Put, at: Stamp): AnyRow | string {
  const updatedAtMs = at.clusterMs;
  if (put.table === Table.services && put.facet === Facet.network) {
    return { ...(row as ServiceRow), endpoint: undefined, networkVersion: 0, updatedAtMs };
  }
  if (put.table === Table.services && put.facet === Facet.lifecycle) {
    return { ...(row as ServiceRow), lifecycle: undefined, lifecycleVersion: 0, updatedAtMs };
  }
  if (put.table === Table.networks && put.facet === Facet.network) {
    return putAllocation(row as NetworkRow, undefined, at);
  }
  if (put.table === Table.tasks && put.facet === Facet.network) {
    return putTaskNetwork(row as TaskRow, undefined, at);
  }
  if (put.table === Table.tasks && put.facet === Facet.placement) {
    return putTaskPlacement(row as TaskRow, undefined, at);
  }
  return 'the facet cannot be deleted';
}
