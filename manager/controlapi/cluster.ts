import { ShoalError } from '../../common/pure/errors.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import type { ClusterSpec } from '../../proto/gen/specs.ts';
import { putOp, readOf } from '../store/ops.ts';
import type { ClusterRow } from '../store/rows.ts';
import type { Change } from './submit.ts';
import { checkClusterSpec } from './validate/cluster-spec.ts';

/** Text of the errors is the Docker API's. @throws ShoalError `outOfSequence`, `invalidSpec {field}`, `notImplemented {field}` */
export function updateClusterChange(
  row: ClusterRow,
  version: number,
  spec: ClusterSpec,
): Change<void> {
  if (row.specVersion !== version) throw new ShoalError('outOfSequence', 'update out of sequence');
  checkClusterSpec(spec);
  const facet = { table: Table.clusters, key: row.id, facet: Facet.spec };
  return {
    reason: 'cluster update',
    reads: [readOf(facet, version)],
    claims: [],
    ops: [putOp(facet, { kind: 'clusterSpec', value: spec })],
    result: undefined,
  };
}
