import { ShoalError } from '../../../common/pure/errors.ts';
import type { ClusterSpec } from '../../../proto/gen/specs.ts';

const nodeCertExpiryMinNs = 3_600 * 1e9;

/** Holds a cluster spec against what can be served. Texts are the Docker API's. @throws ShoalError `invalidSpec {field}`, `notImplemented {field}` */
export function checkClusterSpec(spec: ClusterSpec): void {
  if (spec.name !== 'default') refuse('Name', 'swarm spec must be named "default"');
  if (spec.nodeCertExpiryNs < nodeCertExpiryMinNs)
    refuse('CAConfig.NodeCertExpiry', 'minimum certificate expiry time is: 1h0m0s');
  if (spec.heartbeatPeriodNs < 0)
    refuse('Dispatcher.HeartbeatPeriod', 'heartbeat time period cannot be a negative duration');
  if (spec.autoLockManagers) {
    throw new ShoalError(
      'notImplemented',
      'EncryptionConfig.AutoLockManagers is not supported yet',
      {
        fields: { field: 'EncryptionConfig.AutoLockManagers' },
      },
    );
  }
}

function refuse(field: string, message: string): never {
  throw new ShoalError('invalidSpec', message, { fields: { field } });
}
