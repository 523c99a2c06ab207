import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { Filters } from '../../common/ports/cluster-api.ts';
import { Facet, NodeState, Table } from '../../proto/gen/objects.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { NodeSpec } from '../../proto/gen/specs.ts';
import { deleteOp, giveBack, homeOf, putOp, readOf } from '../store/ops.ts';
import type { NodeRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { anyOf, checkFilters, labelsMatch } from './filters.ts';
import { lookUp } from './lookup.ts';
import type { Change } from './submit.ts';

/** Nodes are known by their name (if one was given) and by their hostname. @throws ShoalError `notFound`, `ambiguous` */
export function findNode(view: StoreView, ref: string): NodeRow {
  return lookUp(
    {
      kind: 'node',
      byId: (id) => view.node(asId<'node'>(id)),
      byName: (name) =>
        view.nodes().filter((row) => row.spec.name === name || hostname(row) === name),
      all: () => view.nodes(),
      idOf: (row) => row.id,
    },
    ref,
  );
}

/**
 * Gives a node another spec; the membership controller then gives it the role that this asks for.
 * @param canGo whether the managers that are left without this one, and answer, are a quorum
 * @throws ShoalError `outOfSequence`, `failedPrecondition` where the last manager would go, or the quorum with it
 */
export function updateNodeChange(
  view: StoreView,
  ref: string,
  { version, spec }: { readonly version: number; readonly spec: NodeSpec },
  canGo: (row: NodeRow) => boolean,
): Change<void> {
  const row = findNode(view, ref);
  if (row.specVersion !== version) throw new ShoalError('outOfSequence', 'update out of sequence');
  if (spec.role === NodeRole.worker && row.spec.role === NodeRole.manager) {
    checkDemotion(view, row, canGo);
  }
  const facet = { table: Table.nodes, key: row.id, facet: Facet.spec };
  return {
    reason: 'node update',
    reads: [readOf(facet, version)],
    claims: [],
    ops: [putOp(facet, { kind: 'nodeSpec', value: spec })],
    result: undefined,
    needsFreshView: true,
  };
}

/**
 * Removes a node that is down, or any with `force`; what ran on it runs elsewhere. A manager has to be demoted first.
 * @throws ShoalError `notFound`, `failedPrecondition {node, state}`
 */
export function removeNodeChange(view: StoreView, ref: string, force: boolean): Change<void> {
  const row = findNode(view, ref);
  const { id, lifecycle, status } = row;
  const refuse = (state: string, message: string): ShoalError =>
    new ShoalError('failedPrecondition', message, { fields: { node: id, state } });
  if (lifecycle.role === NodeRole.manager)
    throw refuse('manager', 'the node is a manager and must be demoted before removal');
  if (status.state !== NodeState.nodeDown && !force)
    throw refuse('up', 'the node is not down and cannot be removed');
  return {
    reason: 'node remove',
    reads: [readOf({ ...homeOf.nodeLifecycle, key: id }, row.lifecycleVersion)],
    claims: view.claimsOf(id).map(({ space, key }) => giveBack(space, key, id)),
    ops: [deleteOp(Table.nodes, id)],
    result: undefined,
    needsFreshView: true,
  };
}

function checkDemotion(view: StoreView, row: NodeRow, canGo: (row: NodeRow) => boolean): void {
  const managers = view.nodes().filter(({ spec }) => spec.role === NodeRole.manager);
  if (managers.length <= 1) {
    throw new ShoalError(
      'failedPrecondition',
      'attempting to demote the last manager of the swarm',
    );
  }
  if (!canGo(row)) {
    throw new ShoalError(
      'failedPrecondition',
      "can't remove member from the raft: this would result in a loss of quorum",
    );
  }
}

const nodeFilters = ['id', 'name', 'label', 'node.label', 'role', 'membership'] as const;

export function filterNodes(view: StoreView, filters: Filters): NodeRow[] {
  checkFilters(filters, nodeFilters);
  return view
    .nodes()
    .filter(
      (row) =>
        anyOf(filters, 'id', (value) => row.id.startsWith(value)) &&
        anyOf(
          filters,
          'name',
          (value) => hostname(row).startsWith(value) || row.spec.name.startsWith(value),
        ) &&
        anyOf(
          filters,
          'role',
          (value) => value === (row.spec.role === NodeRole.manager ? 'manager' : 'worker'),
        ) &&
        anyOf(filters, 'membership', (value) => value === 'accepted') &&
        labelsMatch(filters, 'label', row.status.description?.engineLabels ?? new Map()) &&
        labelsMatch(filters, 'node.label', row.spec.labels),
    );
}

function hostname(row: NodeRow): string {
  return row.status.description?.hostname ?? '';
}
