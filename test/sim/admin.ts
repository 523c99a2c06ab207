import { HttpClient } from './http-client.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** What is changed of the spec of a node, as the Docker API names it. */
export interface NodeChange {
  readonly Availability?: 'active' | 'pause' | 'drain';
  readonly Role?: 'manager' | 'worker';
}

/** How often, and with what pause, virtual milliseconds, a change is asked for that has to come about. */
const triesMax = 100;
const retryMs = 1000;

/** Somebody who looks after the nodes, with the docker CLI. */
export class Admin {
  readonly #world: World;
  readonly #http: HttpClient;

  constructor(world: World) {
    this.#world = world;
    this.#http = new HttpClient(world, 'admin');
  }

  /** Asks once. False when it did not come about, or nobody knows. */
  async change(node: SimNode, change: NodeChange): Promise<boolean> {
    const got = await this.#http.ask('GET', `/nodes/${node.nodeId}`);
    if (got?.status !== 200) return false;
    const { Version: version, Spec: spec } = got.json as {
      readonly Version: { readonly Index: number };
      readonly Spec: object;
    };
    const target = `/nodes/${node.nodeId}/update?version=${version.Index}`;
    const answer = await this.#http.ask('POST', target, { ...spec, ...change });
    const said = answer === undefined ? 'no answer' : `${answer.status} ${answer.text.trim()}`;
    const what = `${node.name} ${Object.values(change).join()}: ${said.slice(0, 100)}`;
    this.#world.trace.add('admin', what);
    return answer?.status === 200;
  }

  /** Tries again until it was heard: what stays so by a lost answer is nobody's fault. */
  async insist(node: SimNode, change: NodeChange): Promise<void> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      if (await this.change(node, change)) return;
      await this.#world.sleep(retryMs);
    }
  }
}
