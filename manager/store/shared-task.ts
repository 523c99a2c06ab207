import { equalBytes } from '../../common/pure/bytes.ts';
import { encodeTaskSpec } from '../../proto/gen/specs.ts';
import type { ServiceSpec, TaskSpec } from '../../proto/gen/specs.ts';

/**
 * `spec` with the very task object of one of `others` that says the same, byte for byte, if there is one.
 *
 * Scaling and labels make new revisions of a service with the task as it was: sharing it keeps them small, and a comparison by identity
 * tells at once that tasks of the older revision are up to date.
 */
export function shareTask(spec: ServiceSpec, others: readonly ServiceSpec[]): ServiceSpec {
  if (spec.task === undefined) return spec;
  const bytes = encodeTaskSpec(spec.task);
  const same = others.find(({ task }) => task !== undefined && isEncodedAs(task, bytes));
  return same === undefined ? spec : { ...spec, task: same.task };
}

function isEncodedAs(task: TaskSpec, bytes: Uint8Array): boolean {
  return equalBytes(encodeTaskSpec(task), bytes);
}
