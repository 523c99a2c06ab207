import { formatRfc3339 } from '../../../common/pure/rfc3339.ts';
import {
  type ServiceEndpoint,
  type ServiceLifecycle,
  UpdateState,
} from '../../../proto/gen/objects.ts';
import type { ServiceSpec } from '../../../proto/gen/specs.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import { type ShownMeta, writeMeta } from '../../../proto/http/meta.ts';
import { omit } from '../../../proto/http/omit.ts';
import { writeWithDefaults } from './service-defaults.ts';
import { writeEndpointSpec, writePort, writeServiceSpec } from './service-spec-writer.ts';
import { updateStateWords, wordOf } from './words.ts';

/** A service as the cluster knows it. */
export interface ShownService {
  readonly meta: ShownMeta;
  readonly spec: ServiceSpec;
  readonly previousSpec: ServiceSpec | undefined;
  readonly endpoint: ServiceEndpoint | undefined;
  readonly lifecycle: ServiceLifecycle | undefined;
  readonly status:
    | {
        readonly runningTasks: number;
        readonly desiredTasks: number;
        readonly completedTasks: number;
      }
    | undefined;
}

/** A Service of the Docker API. */
export function writeService(service: ShownService, insertDefaults = false): JsonRecord {
  return {
    ...writeMeta(service.meta),
    Spec: insertDefaults ? writeWithDefaults(service.spec) : writeServiceSpec(service.spec),
    PreviousSpec:
      service.previousSpec === undefined ? undefined : writeServiceSpec(service.previousSpec),
    Endpoint: writeEndpoint(service),
    UpdateStatus: writeUpdateStatus(service.lifecycle),
    ServiceStatus:
      service.status === undefined
        ? undefined
        : {
            RunningTasks: service.status.runningTasks,
            DesiredTasks: service.status.desiredTasks,
            CompletedTasks: service.status.completedTasks,
          },
  };
}

/** `Spec` is what is wanted, the rest what was allocated; as long as nothing was, there is nothing to show. */
function writeEndpoint({ spec, endpoint }: ShownService): JsonRecord {
  const allocated = (endpoint?.ports.length ?? 0) + (endpoint?.virtualIps.length ?? 0);
  return {
    Spec: spec.endpoint === undefined || allocated === 0 ? {} : writeEndpointSpec(spec.endpoint),
    Ports: endpoint === undefined ? undefined : omit.empty(endpoint.ports.map(writePort)),
    VirtualIPs:
      endpoint === undefined
        ? undefined
        : omit.empty(
            endpoint.virtualIps.map(({ networkId, address }) => ({
              NetworkID: omit.text(networkId),
              Addr: omit.text(address),
            })),
          ),
  };
}

function writeUpdateStatus(lifecycle: ServiceLifecycle | undefined): JsonRecord | undefined {
  if (lifecycle === undefined || lifecycle.updateState === UpdateState.updateNone) return undefined;
  const { startedAtMs, completedAtMs } = lifecycle;
  return {
    State: wordOf(updateStateWords, lifecycle.updateState),
    StartedAt: startedAtMs === 0 ? undefined : formatRfc3339(startedAtMs),
    CompletedAt: completedAtMs === 0 ? undefined : formatRfc3339(completedAtMs),
    Message: omit.text(lifecycle.message),
  };
}
