import { Table } from '../../proto/gen/objects.ts';
import {
  networkBucket,
  networksBucket,
  networksOf,
  nodeBucket,
  nodesBucket,
  serviceBucket,
  servicesBucket,
} from './buckets.ts';
import type { RowChange } from './changes.ts';
import type { ServiceRow, TaskRow } from './rows.ts';
import { asId } from '../../common/pure/ids.ts';

/** Names of the buckets into which `changes` put a row or from which they take one, each once. */
export function changedBuckets(changes: readonly RowChange[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const change of changes) {
    const comesOrGoes = change.before === undefined || change.after === undefined;
    if (change.table === Table.tasks) addTaskBuckets(names, change.before, change.after);
    else if (change.table === Table.services) {
      if (comesOrGoes) names.add(servicesBucket);
      addNetworkBuckets(names, change.before, change.after);
    } else if (change.table === Table.nodes && comesOrGoes) names.add(nodesBucket);
    else if (change.table === Table.networks && comesOrGoes) names.add(networksBucket);
  }
  return names;
}

function addTaskBuckets(
  names: Set<string>,
  before: TaskRow | undefined,
  after: TaskRow | undefined,
): void {
  if (before === undefined || after === undefined) {
    const task = before ?? after;
    if (task !== undefined) names.add(serviceBucket(task.serviceId));
  }
  if (before?.nodeId === after?.nodeId) return;
  for (const task of [before, after]) {
    if (task !== undefined && task.nodeId !== '') names.add(nodeBucket(task.nodeId));
  }
}

function addNetworkBuckets(
  names: Set<string>,
  before: ServiceRow | undefined,
  after: ServiceRow | undefined,
): void {
  if (before?.current === after?.current) return;
  const changed = networksOf(before).symmetricDifference(networksOf(after));
  for (const id of changed) names.add(networkBucket(asId<'network'>(id)));
}
