import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { Filters } from '../../common/ports/cluster-api.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { NodeSpec } from '../../proto/gen/specs.ts';
import { putOp, readOf } from '../store/ops.ts';
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

export function updateNodeChange(
  view: StoreView,
  ref: string,
  version: number,
  spec: NodeSpec,
): Change<void> {
  const row = findNode(view, ref);
  if (row.specVersion !== version) throw new ShoalError('outOfSequence', 'update out of sequence');
  if (spec.role !== row.spec.role) {
    throw new ShoalError('notImplemented', 'changing the role of a node is not supported yet', {
      fields: { field: 'Role' },
    });
  }
  const facet = { table: Table.nodes, key: row.id, facet: Facet.spec };
  return {
    reason: 'node update',
    reads: [readOf(facet, version)],
    claims: [],
    ops: [putOp(facet, { kind: 'nodeSpec', value: spec })],
    result: undefined,
  };
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
