import type { ClusterApi } from '../../../common/ports/cluster-api.ts';
import type { JsonValue } from '../../../proto/http/json.ts';
import { createOp } from '../../../manager/store/ops.ts';
import { readClusterSpec } from '../../../node/httpapi/shapes/cluster.ts';
import {
  newAuthority,
  newAuthorityKeys,
  newCluster,
  newClusterLifecycle,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
  TaskState,
} from '../../../proto/gen/objects.ts';
import { newPortConfig, PublishMode } from '../../../proto/gen/specs.ts';
import type { StoreFixture } from '../store-fixture.ts';
import { type Answer, ApiFixture } from '../api-fixture.ts';
import { ControlRig } from '../control-rig.ts';
import { FakeNodeControl } from '../fake-cluster.ts';

/** The API over the real use cases and a store in this process: no engine, and no controller that would change anything. */
export class ApiRig {
  readonly cluster: ControlRig = new ControlRig();
  readonly api: ApiFixture;

  /** @param isManager false: the node is in no swarm. */
  constructor(isManager = true) {
    const node = isManager ? FakeNodeControl.manager() : new FakeNodeControl();
    this.cluster.ids = Array.from({ length: 20 }, (_, index) => `s${index + 1}`);
    const api: ClusterApi = this.cluster.api;
    this.api = new ApiFixture(node, {
      facts: () => node.facts(),
      init: (context, request) => node.init(context, request),
      join: (context, request) => node.join(context, request),
      leave: (context, force) => node.leave(context, force),
      events: (signal) => node.events(signal),
      cluster: () => {
        node.cluster();
        return api;
      },
    });
  }

  get store(): StoreFixture {
    return this.cluster.proposer.fixture;
  }

  /** The cluster itself, with its tokens. */
  found(): void {
    const spec = readClusterSpec(undefined);
    const keys = newAuthorityKeys({
      workerJoinToken: 'SWMTKN-1-a-w',
      managerJoinToken: 'SWMTKN-1-a-m',
    });
    this.store.change({
      ops: [
        createOp({
          kind: 'cluster',
          value: newCluster({ id: 'c1', spec, lifecycle: newClusterLifecycle() }),
        }),
        createOp({ kind: 'authority', value: newAuthority({ id: 'c1', keys }) }),
      ],
    });
  }

  /** A task of a service that says something in every field. */
  runTask(serviceId: string): void {
    const port = newPortConfig({
      targetPort: 80,
      publishedPort: 8080,
      publishMode: PublishMode.host,
    });
    this.store.task(`t-${serviceId}`, {
      serviceId,
      desired: newTaskDesired({ state: TaskState.running }),
      placement: newTaskPlacement({ nodeId: 'n1', placedAtMs: 5 }),
      network: newTaskNetwork({
        allocatedAtMs: 3,
        addresses: [newTaskAddress({ networkId: 'net1', address: '10.0.0.3/24' })],
      }),
      status: newTaskStatus({
        state: TaskState.failed,
        timestampMs: 7,
        message: 'started',
        error: 'task: non-zero exit (1)',
        containerId: 'c0ffee',
        pid: 9,
        exitCode: 1,
        ports: [port],
      }),
    });
  }

  async get(target: string): Promise<Answer> {
    return await this.api.ask('GET', target);
  }

  async post(target: string, body: JsonValue): Promise<Answer> {
    return await this.api.ask('POST', target, { body });
  }
}
