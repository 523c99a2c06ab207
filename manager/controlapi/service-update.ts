import { equalBytes } from '../../common/pure/bytes.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import type { Op } from '../../proto/gen/changeset.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import { encodeServiceSpec, newServiceSpec } from '../../proto/gen/specs.ts';
import type { ServiceSpec } from '../../proto/gen/specs.ts';
import { isInProgress } from '../orchestrator/slot/update-state.ts';
import { requestedRollback } from '../orchestrator/update/update-status.ts';
import { deleteFacetOp, putOp, readOf } from '../store/ops.ts';
import type { ServiceRow, SpecRevisionRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { findService } from './service.ts';
import { checkPortsFree, portClaims, publishesPorts } from './service-ports.ts';
import type { Change } from './submit.ts';
import { checkServiceSpec } from './validate/service-spec.ts';
import { checkServiceUpdate } from './validate/service-update.ts';

/** What a user asks of a service: another spec, or its previous one. */
export type ServiceUpdate =
  | { readonly kind: 'spec'; readonly spec: ServiceSpec }
  | { readonly kind: 'rollback' };

/**
 * The caller's `version` is what it read; a status change since then does not matter, a spec change does.
 *
 * A new spec ends what an update before it says of itself, so that a paused one goes on; one that changes nothing of the tasks
 * leaves an update that runs as it is.
 */
export function updateServiceChange(
  view: StoreView,
  ref: string,
  version: number,
  update: ServiceUpdate,
): Change<void> {
  const row = findService(view, ref);
  if (row.current.version !== version)
    throw new ShoalError('outOfSequence', 'update out of sequence');
  const wanted = update.kind === 'rollback' ? previousSpec(row) : newSpec(row, update.spec);
  checkPortsFree(view, wanted, row.id);
  const facet = { table: Table.services, key: row.id, facet: Facet.spec };
  return {
    reason: update.kind === 'rollback' ? 'service rollback' : 'service update',
    reads: [readOf(facet, version), readOf(lifecycleOf(row), row.lifecycleVersion)],
    claims: portClaims(view, { id: row.id, before: row.current.spec, after: wanted }),
    ops: [
      putOp(facet, { kind: 'serviceSpec', value: wanted }),
      ...(update.kind === 'rollback' ? [rollbackOp(row)] : statusOps(row, wanted)),
    ],
    result: undefined,
    needsFreshView: publishesPorts(wanted),
  };
}

/** The revision that a user may go back to: not one that failed and was given up. */
export function previousRevision({ previous, lifecycle }: ServiceRow): SpecRevisionRow | undefined {
  const failedVersion = lifecycle?.failedVersion ?? 0;
  return previous?.version === failedVersion ? undefined : previous;
}

function previousSpec(row: ServiceRow): ServiceSpec {
  const previous = previousRevision(row);
  if (previous !== undefined) return previous.spec;
  throw new ShoalError('failedPrecondition', 'service does not have a previous spec', {
    fields: { service: row.id },
  });
}

/** The whole of it is the caller's: a login that is to stay is in it. */
function newSpec(row: ServiceRow, spec: ServiceSpec): ServiceSpec {
  checkServiceSpec(spec);
  checkServiceUpdate(row.current.spec, spec);
  return spec;
}

function lifecycleOf(row: ServiceRow): {
  readonly table: Table;
  readonly key: string;
  readonly facet: Facet;
} {
  return { table: Table.services, key: row.id, facet: Facet.lifecycle };
}

function rollbackOp(row: ServiceRow): Op {
  return putOp(lifecycleOf(row), { kind: 'serviceLifecycle', value: requestedRollback(row) });
}

function statusOps(row: ServiceRow, wanted: ServiceSpec): readonly Op[] {
  if (row.lifecycle === undefined) return [];
  const isSameWork = equalBytes(workOf(row.current.spec), workOf(wanted));
  return isInProgress(row.lifecycle) && isSameWork ? [] : [deleteFacetOp(lifecycleOf(row))];
}

/** What tasks are made of. */
function workOf({ task, endpoint }: ServiceSpec): Uint8Array {
  return encodeServiceSpec(newServiceSpec({ task, endpoint }));
}
