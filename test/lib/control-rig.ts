import type { RequestContext } from '../../common/ports/cluster-api.ts';
import type { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { ControlApi } from '../../manager/controlapi/control-api.ts';
import type { ControlApiParts } from '../../manager/controlapi/control-api.ts';
import { createOp } from '../../manager/store/ops.ts';
import {
  newNetwork,
  newNodeDescription,
  newNodeLifecycle,
  newNodeStatus,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
  NodeState,
  TaskState,
} from '../../proto/gen/objects.ts';
import {
  newContainerSpec,
  newNetworkSpec,
  newNodeSpec,
  newReplicatedMode,
  newServiceMode,
  newServiceSpec,
  newTaskSpec,
  NodeRole,
} from '../../proto/gen/specs.ts';
import type { ServiceSpec } from '../../proto/gen/specs.ts';
import { putValue } from './store-fixture.ts';
import { StoreProposer } from './store-proposer.ts';

export const context: RequestContext = {
  actor: { kind: 'user', name: 'root' },
  traceId: 'trace',
  signal: new AbortController().signal,
};

/** A replicated service of one image. */
export function spec(name: string, fields: Partial<ServiceSpec> = {}, replicas = 1): ServiceSpec {
  return newServiceSpec({
    name,
    task: newTaskSpec({
      container: newContainerSpec({ image: 'nginx:1', registryAuth: 'secret' }),
    }),
    mode: newServiceMode({ mode: { kind: 'replicated', value: newReplicatedMode({ replicas }) } }),
    ...fields,
  });
}

/** Tasks that write nothing. */
export const noLogs: ControlApiParts['logs'] = {
  async *read() {},
};

/** The control API over a store in this process. */
export class ControlRig {
  readonly proposer = new StoreProposer();
  /** Ids that services get, in order. */
  ids: string[] = ['s1', 's2', 's3', 's4'];
  /** What whoever wants to change something is told. */
  refusal: ShoalError | undefined;
  readonly api: ControlApi = new ControlApi({
    proposer: this.proposer,
    logs: noLogs,
    leaderNodeId: () => 'n1',
    isReachable: () => true,
    canGo: () => true,
    newSetId: this.proposer.newSetId,
    newServiceId: () => asId<'service'>(this.ids.shift() ?? 'none left'),
    refusal: () => this.refusal,
  });

  async create(wanted: ServiceSpec): Promise<string> {
    return (await this.api.createService(context, wanted)).id;
  }

  /** Two nodes, a network, and a service that was scaled, with a task of each revision. */
  async populate(): Promise<void> {
    const { fixture } = this.proposer;
    const status = newNodeStatus({
      state: NodeState.nodeReady,
      description: newNodeDescription({
        hostname: 'host1',
        engineLabels: new Map([['gpu', 'yes']]),
      }),
    });
    const lifecycle = newNodeLifecycle({ role: NodeRole.manager, managerAddress: '10.1.1.1:2377' });
    const labels = new Map([['zone', 'eu']]);
    fixture.node('n1', {
      spec: newNodeSpec({ role: NodeRole.manager, labels }),
      status,
      lifecycle,
    });
    fixture.node('n2', {
      status: newNodeStatus({ description: newNodeDescription({ hostname: 'host2' }) }),
    });
    const network = newNetwork({
      id: 'net1',
      spec: newNetworkSpec({ name: 'ingress', ingress: true }),
    });
    fixture.change({ ops: [createOp({ kind: 'network', value: network })] });
    await this.create(spec('web', { labels: new Map([['tier', 'front']]) }, 2));
    fixture.task('old', {
      serviceId: 's1',
      slot: 1,
      desired: newTaskDesired({ state: TaskState.shutdown }),
      placement: newTaskPlacement({ nodeId: 'n1', placedAtMs: 5 }),
      status: newTaskStatus({ state: TaskState.running }),
    });
    const labelled = new Map([
      ['tier', 'front'],
      ['more', ''],
    ]);
    const scaled = spec('web', { labels: labelled }, 3);
    fixture.change({ ops: [putValue('s1', { kind: 'serviceSpec', value: scaled })] });
    fixture.task('new', {
      serviceId: 's1',
      slot: 2,
      desired: newTaskDesired({ state: TaskState.running }),
      placement: newTaskPlacement({ explanation: 'no suitable node' }),
      network: newTaskNetwork({ allocatedAtMs: 3 }),
    });
  }
}
