import { asId } from '../../common/pure/ids.ts';
import { newFacetVersion } from '../../proto/gen/changeset.ts';
import type { FacetVersion, Row, RowObject } from '../../proto/gen/changeset.ts';
import {
  Facet,
  Table,
  newAuthorityKeys,
  newClusterLifecycle,
  newNodeLifecycle,
  newNodeStatus,
} from '../../proto/gen/objects.ts';
import type { Authority, Cluster, Network, Node, Service } from '../../proto/gen/objects.ts';
import { newClusterSpec, newNetworkSpec, newNodeSpec } from '../../proto/gen/specs.ts';
import type { AnyRow, RowChange } from './changes.ts';
import { facetVersion } from './row-access.ts';
import type {
  AuthorityRow,
  ClusterRow,
  NetworkRow,
  NodeRow,
  ServiceRow,
  SpecRevisionRow,
} from './rows.ts';
import { taskObject, taskRowOf } from './task-row.ts';

/** A row with its table, as it goes into a snapshot and comes out of it. */
export type TypedRow = {
  [Kind in RowObject['kind']]: { readonly kind: Kind; readonly row: RowOf[Kind] };
}[RowObject['kind']];

interface RowOf {
  readonly cluster: ClusterRow;
  readonly authority: AuthorityRow;
  readonly node: NodeRow;
  readonly service: ServiceRow;
  readonly network: NetworkRow;
  readonly task: Parameters<typeof taskObject>[0];
}

const tables: Readonly<Record<RowObject['kind'], RowChange['table']>> = {
  cluster: Table.clusters,
  authority: Table.authorities,
  node: Table.nodes,
  service: Table.services,
  network: Table.networks,
  task: Table.tasks,
};

/** Facets that a row may have, in the order in which their versions are written. */
const facets: readonly Facet[] = [
  Facet.spec,
  Facet.desired,
  Facet.placement,
  Facet.network,
  Facet.status,
  Facet.lifecycle,
  Facet.row,
];

/** The record of a row. Specs of services are left out: they are records of their own, named by version. */
export function encodeRowRecord(typed: TypedRow): Row {
  const table = tables[typed.kind];
  const { row } = typed;
  return {
    object: objectOf(typed),
    versions: versionsOf(row, table),
    updatedAtMs: row.updatedAtMs,
    previousSpecVersion: typed.kind === 'service' ? (typed.row.previous?.version ?? 0) : 0,
  };
}

function versionsOf(row: AnyRow, table: Table): readonly FacetVersion[] {
  const versions: FacetVersion[] = [];
  for (const facet of facets) {
    const version = facetVersion(row, table, facet) ?? 0;
    if (version > 0) versions.push(newFacetVersion({ facet, version }));
  }
  return versions;
}

function objectOf(typed: TypedRow): RowObject {
  switch (typed.kind) {
    case 'cluster':
      return { kind: 'cluster', value: clusterObject(typed.row) };
    case 'authority':
      return { kind: 'authority', value: authorityObject(typed.row) };
    case 'node':
      return { kind: 'node', value: nodeObject(typed.row) };
    case 'network':
      return { kind: 'network', value: networkObject(typed.row) };
    case 'service':
      return { kind: 'service', value: serviceObject(typed.row) };
    case 'task':
      return { kind: 'task', value: taskObject(typed.row) };
  }
}

/** A facet that is absent is left out, so that it is absent again when it is read. */
function present<Value>(value: Value, version: number): Value | undefined {
  return version === 0 ? undefined : value;
}

function kept(unknown: Uint8Array | undefined): { readonly unknown?: Uint8Array } {
  return unknown === undefined ? {} : { unknown };
}

function clusterObject(row: ClusterRow): Cluster {
  return {
    id: row.id,
    createdAtMs: row.createdAtMs,
    spec: present(row.spec, row.specVersion),
    lifecycle: present(row.lifecycle, row.lifecycleVersion),
    ...kept(row.unknown),
  };
}

function authorityObject(row: AuthorityRow): Authority {
  return {
    id: row.id,
    createdAtMs: row.createdAtMs,
    keys: present(row.keys, row.lifecycleVersion),
    ...kept(row.unknown),
  };
}

function nodeObject(row: NodeRow): Node {
  return {
    id: row.id,
    createdAtMs: row.createdAtMs,
    spec: present(row.spec, row.specVersion),
    status: present(row.status, row.statusVersion),
    lifecycle: present(row.lifecycle, row.lifecycleVersion),
    ...kept(row.unknown),
  };
}

function networkObject(row: NetworkRow): Network {
  return {
    id: row.id,
    createdAtMs: row.createdAtMs,
    spec: present(row.spec, row.specVersion),
    network: row.allocation,
    ...kept(row.unknown),
  };
}

function serviceObject(row: ServiceRow): Service {
  return {
    id: row.id,
    createdAtMs: row.createdAtMs,
    spec: undefined,
    network: row.endpoint,
    lifecycle: row.lifecycle,
    ...kept(row.unknown),
  };
}

/** Finds a revision that was read before the rows. @throws ShoalError `corrupt` when there is none */
export type RevisionLookup = (serviceId: string, version: number) => SpecRevisionRow;

/** The row that `record` describes; undefined when the record holds none. @throws what `revision` throws */
export function decodeRowRecord(record: Row, revision: RevisionLookup): TypedRow | undefined {
  const { object } = record;
  switch (object?.kind) {
    case 'cluster':
      return { kind: 'cluster', row: clusterRow(object.value, record) };
    case 'authority':
      return { kind: 'authority', row: authorityRow(object.value, record) };
    case 'node':
      return { kind: 'node', row: nodeRow(object.value, record) };
    case 'network':
      return { kind: 'network', row: networkRow(object.value, record) };
    case 'service':
      return { kind: 'service', row: serviceRow(object.value, record, revision) };
    case 'task': {
      const { serviceId, specVersion } = object.value;
      const row = taskRowOf(object.value, revision(serviceId, specVersion));
      row.updatedAtMs = record.updatedAtMs;
      row.rowVersion = versionIn(record, Facet.row);
      row.desiredVersion = versionIn(record, Facet.desired);
      row.placementVersion = versionIn(record, Facet.placement);
      row.networkVersion = versionIn(record, Facet.network);
      row.statusVersion = versionIn(record, Facet.status);
      return { kind: 'task', row };
    }
    case undefined:
      return undefined;
  }
}

function versionIn(record: Row, facet: Facet): number {
  return record.versions.find((version) => version.facet === facet)?.version ?? 0;
}

function clusterRow(object: Cluster, record: Row): ClusterRow {
  return {
    id: asId<'cluster'>(object.id),
    createdAtMs: object.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    spec: object.spec ?? newClusterSpec(),
    lifecycle: object.lifecycle ?? newClusterLifecycle(),
    specVersion: versionIn(record, Facet.spec),
    lifecycleVersion: versionIn(record, Facet.lifecycle),
    rowVersion: versionIn(record, Facet.row),
    unknown: object.unknown,
  };
}

function authorityRow(object: Authority, record: Row): AuthorityRow {
  return {
    id: asId<'cluster'>(object.id),
    createdAtMs: object.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    keys: object.keys ?? newAuthorityKeys(),
    lifecycleVersion: versionIn(record, Facet.lifecycle),
    rowVersion: versionIn(record, Facet.row),
    unknown: object.unknown,
  };
}

function nodeRow(object: Node, record: Row): NodeRow {
  return {
    id: asId<'node'>(object.id),
    createdAtMs: object.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    spec: object.spec ?? newNodeSpec(),
    status: object.status ?? newNodeStatus(),
    lifecycle: object.lifecycle ?? newNodeLifecycle(),
    specVersion: versionIn(record, Facet.spec),
    statusVersion: versionIn(record, Facet.status),
    lifecycleVersion: versionIn(record, Facet.lifecycle),
    rowVersion: versionIn(record, Facet.row),
    unknown: object.unknown,
  };
}

function networkRow(object: Network, record: Row): NetworkRow {
  return {
    id: asId<'network'>(object.id),
    createdAtMs: object.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    spec: object.spec ?? newNetworkSpec(),
    allocation: object.network,
    specVersion: versionIn(record, Facet.spec),
    networkVersion: versionIn(record, Facet.network),
    rowVersion: versionIn(record, Facet.row),
    unknown: object.unknown,
  };
}

function serviceRow(object: Service, record: Row, revision: RevisionLookup): ServiceRow {
  const current = revision(object.id, versionIn(record, Facet.spec));
  const previous = record.previousSpecVersion;
  return {
    id: current.serviceId,
    createdAtMs: object.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    current,
    previous: previous === 0 ? undefined : revision(object.id, previous),
    endpoint: object.network,
    lifecycle: object.lifecycle,
    networkVersion: versionIn(record, Facet.network),
    lifecycleVersion: versionIn(record, Facet.lifecycle),
    rowVersion: versionIn(record, Facet.row),
    unknown: object.unknown,
  };
}
