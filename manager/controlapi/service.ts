import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { ServiceId } from '../../common/pure/ids.ts';
import type { Filters } from '../../common/ports/cluster-api.ts';
import { Facet, newService, Table } from '../../proto/gen/objects.ts';
import { PortProtocol, portProtocolName, PublishMode } from '../../proto/gen/specs.ts';
import type { PortConfig, ServiceSpec } from '../../proto/gen/specs.ts';
import { createOp, deleteOp, giveBack, putOp, readOf, take } from '../store/ops.ts';
import type { ServiceRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { anyOf, checkFilters, labelsMatch } from './filters.ts';
import { lookUp } from './lookup.ts';
import type { Change } from './submit.ts';
import { checkServiceSpec } from './validate/service-spec.ts';
import { checkServiceUpdate } from './validate/service-update.ts';

/** @throws ShoalError `notFound`, `ambiguous` */
export function findService(view: StoreView, ref: string): ServiceRow {
  return lookUp(
    {
      kind: 'service',
      byId: (id) => view.service(asId<'service'>(id)),
      byName: (name) => {
        const row = view.serviceByName(name);
        return row === undefined ? [] : [row];
      },
      all: () => view.services(),
      idOf: (row) => row.id,
    },
    ref,
  );
}

export function createServiceChange(
  view: StoreView,
  id: ServiceId,
  spec: ServiceSpec,
): Change<string> {
  checkServiceSpec(spec);
  const taken = view.serviceByName(spec.name);
  if (taken !== undefined) {
    throw new ShoalError('nameConflict', 'service name is taken', {
      fields: { kind: 'service', name: spec.name, id: taken.id },
    });
  }
  checkPortsFree(view, spec);
  return {
    reason: 'service create',
    reads: [],
    claims: [take('service-name', spec.name.toLowerCase(), id), ...portClaims(spec, id)],
    ops: [createOp({ kind: 'service', value: newService({ id, spec }) })],
    result: id,
  };
}

/** The caller's `version` is what it read; a status change since then does not matter, a spec change does. */
export function updateServiceChange(
  view: StoreView,
  ref: string,
  version: number,
  spec: ServiceSpec,
): Change<void> {
  const row = findService(view, ref);
  if (row.current.version !== version)
    throw new ShoalError('outOfSequence', 'update out of sequence');
  const wanted = keepRegistryAuth(row.current.spec, spec);
  checkServiceSpec(wanted);
  checkServiceUpdate(row.current.spec, wanted);
  const facet = { table: Table.services, key: row.id, facet: Facet.spec };
  return {
    reason: 'service update',
    reads: [readOf(facet, version)],
    claims: [],
    ops: [putOp(facet, { kind: 'serviceSpec', value: wanted })],
    result: undefined,
  };
}

/** Reads the network facet too: what the allocator claims meanwhile would be held for ever by nobody. */
export function removeServiceChange(view: StoreView, ref: string): Change<void> {
  const row = findService(view, ref);
  const facet = { table: Table.services, key: row.id, facet: Facet.network };
  return {
    reason: 'service remove',
    reads: [readOf(facet, row.networkVersion)],
    claims: view.claimsOf(row.id).map(({ space, key }) => giveBack(space, key, row.id)),
    ops: [deleteOp(Table.services, row.id)],
    result: undefined,
  };
}

const serviceFilters = ['id', 'name', 'label', 'mode', 'runtime'] as const;

export function filterServices(view: StoreView, filters: Filters): ServiceRow[] {
  checkFilters(filters, serviceFilters);
  return view
    .services()
    .filter(
      ({ id, current: { spec } }) =>
        anyOf(filters, 'id', (value) => id.startsWith(value)) &&
        anyOf(filters, 'name', (value) => spec.name.startsWith(value)) &&
        anyOf(filters, 'mode', (value) => value === modeName(spec)) &&
        anyOf(filters, 'runtime', (value) => value === (spec.task?.runtime || 'container')) &&
        labelsMatch(filters, 'label', spec.labels),
    );
}

function modeName(spec: ServiceSpec): string {
  switch (spec.mode?.mode?.kind) {
    case 'global':
      return 'global';
    case 'replicatedJob':
      return 'replicated-job';
    case 'globalJob':
      return 'global-job';
    case 'replicated':
    case undefined:
      return 'replicated';
  }
}

/** Ports that the user named; those of the dynamic range are the allocator's to claim. */
function namedPorts(spec: ServiceSpec, mode: PublishMode): readonly PortConfig[] {
  const ports = spec.endpoint?.ports ?? [];
  return ports.filter((port) => port.publishMode === mode && port.publishedPort > 0);
}

function portClaims(spec: ServiceSpec, owner: ServiceId): Change<void>['claims'] {
  return namedPorts(spec, PublishMode.ingress).map((port) =>
    take(portSpace(port), String(port.publishedPort), owner),
  );
}

/** A port is for one service on all nodes, or for host-mode ports only: those meet on a node, and the scheduler keeps them apart. */
function checkPortsFree(view: StoreView, spec: ServiceSpec): void {
  for (const port of spec.endpoint?.ports ?? []) {
    if (port.publishedPort === 0) continue;
    const owner = view.claimOwner(portSpace(port), String(port.publishedPort));
    if (owner !== undefined) throw portConflict(view, port, asId<'service'>(owner), 'ingress');
  }
  for (const port of namedPorts(spec, PublishMode.ingress)) {
    const other = view
      .services()
      .find((row) =>
        namedPorts(row.current.spec, PublishMode.host).some(
          (taken) => taken.publishedPort === port.publishedPort && taken.protocol === port.protocol,
        ),
      );
    if (other !== undefined) throw portConflict(view, port, other.id, 'host');
  }
}

function portConflict(
  view: StoreView,
  port: PortConfig,
  id: ServiceId,
  mode: 'ingress' | 'host',
): ShoalError {
  return new ShoalError('portConflict', 'published port is taken', {
    fields: {
      port: port.publishedPort,
      protocol: portProtocolName(port.protocol),
      service: view.service(id)?.current.spec.name ?? id,
      id,
      mode,
    },
  });
}

function portSpace(port: PortConfig): string {
  switch (port.protocol) {
    case PortProtocol.udp:
      return 'port/udp';
    case PortProtocol.sctp:
      return 'port/sctp';
    case PortProtocol.tcp:
      return 'port/tcp';
  }
}

/** An update without a registry login keeps the one that the service has (as the Docker API does). */
function keepRegistryAuth(before: ServiceSpec, after: ServiceSpec): ServiceSpec {
  const kept = before.task?.container?.registryAuth ?? '';
  const container = after.task?.container;
  if (
    kept === '' ||
    after.task === undefined ||
    container === undefined ||
    container.registryAuth !== ''
  )
    return after;
  return { ...after, task: { ...after.task, container: { ...container, registryAuth: kept } } };
}
