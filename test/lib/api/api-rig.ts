import type { ClusterApi } from '../../../common/ports/cluster-api.ts';
import type { JsonValue } from '../../../proto/http/json.ts';
import { createOp } from '../../../manager/store/ops.ts';
import { readClusterSpec } from '../../../node/httpapi/shapes/cluster.ts';
import {
  newAuthority,
  newAuthorityKeys,
  newCluster,
  newClusterLifecycle,
} from '../../../proto/gen/objects.ts';
import type { StoreFixture } from '../store-fixture.ts';
import { type Answer, ApiFixture } from '../api-fixture.ts';
import { ControlRig } from '../control-rig.ts';
import { FakeNodeControl } from '../fake-cluster.ts';

/** The API over the real use cases and a store in this process: no engine, and no controller that would change anything. */
export class ApiRig {
  readonly cluster: ControlRig = new ControlRig();
  readonly api: ApiFixture;

  constructor() {
    const node = FakeNodeControl.manager();
    const api: ClusterApi = this.cluster.api;
    this.api = new ApiFixture(node, {
      facts: () => node.facts(),
      init: (context, request) => node.init(context, request),
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

  async get(target: string): Promise<Answer> {
    return await this.api.ask('GET', target);
  }

  async post(target: string, body: JsonValue): Promise<Answer> {
    return await this.api.ask('POST', target, { body });
  }
}
