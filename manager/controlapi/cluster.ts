import { ShoalError } from '../../common/pure/errors.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import type { ClusterSpec } from '../../proto/gen/specs.ts';
import type { ClusterRow } from '../store/rows.ts';
import { putOp, readOf } from './changes.ts';
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
  return {
    reason: 'cluster update',
    reads: [readOf(Table.clusters, row.id, Facet.spec, version)],
    claims: [],
    ops: [putOp(Table.clusters, row.id, Facet.spec, { kind: 'clusterSpec', value: spec })],
    result: undefined,
  };
}
