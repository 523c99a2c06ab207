import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { ServiceId } from '../../common/pure/ids.ts';
import type { Filters } from '../../common/ports/cluster-api.ts';
import { Facet, newService, Table } from '../../proto/gen/objects.ts';
import type { ServiceSpec } from '../../proto/gen/specs.ts';
import { createOp, deleteOp, giveBack, readOf, take, type FacetKey } from '../store/ops.ts';
import type { ServiceRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { anyOf, checkFilters, labelsMatch } from './filters.ts';
import { lookUp } from './lookup.ts';
import { checkPortsFree, portClaims, publishesPorts } from './service-ports.ts';
import type { Change } from './submit.ts';
import { checkServiceSpec } from './validate/service-spec.ts';

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
  checkPortsFree(view, spec, id);
  return {
    reason: 'service create',
    reads: [],
    claims: [
      take('service-name', spec.name.toLowerCase(), id),
      ...portClaims(view, { id, before: undefined, after: spec }),
    ],
    ops: [createOp({ kind: 'service', value: newService({ id, spec }) })],
    result: id,
    needsFreshView: publishesPorts(spec),
  };
}

/** Reads spec and network too: ports and addresses that an update or the allocator claims meanwhile would be held for ever by nobody. */
export function removeServiceChange(view: StoreView, ref: string): Change<void> {
  const row = findService(view, ref);
  const { id, current, networkVersion } = row;
  const facetOf = (facet: Facet): FacetKey => ({ table: Table.services, key: id, facet });
  return {
    reason: 'service remove',
    reads: [
      readOf(facetOf(Facet.spec), current.version),
      readOf(facetOf(Facet.network), networkVersion),
    ],
    claims: view.claimsOf(id).map(({ space, key }) => giveBack(space, key, id)),
    ops: [deleteOp(Table.services, id)],
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
