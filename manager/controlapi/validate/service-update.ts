import { ShoalError } from '../../../common/pure/errors.ts';
import type { ServiceSpec } from '../../../proto/gen/specs.ts';

/**
 * Holds an update against what never changes: the name of a service and its mode.
 *
 * @throws ShoalError `notImplemented {field}`
 */
export function checkServiceUpdate(before: ServiceSpec, after: ServiceSpec): void {
  if (before.name !== after.name) refuse('Name', 'renaming services is not supported');
  if (before.mode?.mode?.kind !== after.mode?.mode?.kind)
    refuse('Mode', 'service mode change is not allowed');
}

function refuse(field: string, message: string): never {
  throw new ShoalError('notImplemented', message, { fields: { field, immutable: field } });
}
