import { findDockerClients, outputOf, type DockerClient } from '../e2e/lib/clients.ts';
import { eventually, ShoalNode } from '../e2e/lib/shoal-node.ts';
import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage } from '../integration/lib/test-image.ts';

/** A private engine, a daemon on it that has founded a swarm, and the newest stock client. */
export class Rig implements AsyncDisposable {
  readonly engine: Dockerd;
  readonly node: ShoalNode;
  readonly client: DockerClient;

  private constructor(engine: Dockerd, node: ShoalNode, client: DockerClient) {
    this.engine = engine;
    this.node = node;
    this.client = client;
  }

  static async start(): Promise<Rig> {
    const [client] = findDockerClients();
    if (client === undefined) throw new Error('there is no client');
    const engine = await startDockerd();
    try {
      await loadTestImage(engine.socketPath);
      const rig = new Rig(engine, await ShoalNode.start(engine), client);
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => void rig.#interrupt());
      await rig.docker('swarm init');
      return rig;
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }

  /** Runs a command whose words hold no blanks. @throws with what it complained of unless it ended with 0 */
  async docker(command: string): Promise<string> {
    return outputOf(await this.node.docker(this.client, ...command.split(' ')));
  }

  /** Names of the service's containers that run. */
  async running(service: string): Promise<readonly string[]> {
    const texts = Object.values(await this.node.containers());
    return texts
      .filter((text) => text.startsWith(`${service}.`) && text.endsWith(' running'))
      .map((text) => text.split(' ')[0] ?? '');
  }

  /** Waits until `count` containers of the service run, and none of `replaced`. */
  async untilRunning(
    service: string,
    count: number,
    replaced: readonly string[] = [],
    limitMs = 600_000,
  ): Promise<void> {
    await eventually(
      `${String(count)} containers of ${service} run`,
      async () => {
        const names = await this.running(service);
        const areAll = names.length === count && !names.some((name) => replaced.includes(name));
        return areAll ? true : undefined;
      },
      limitMs,
    );
  }

  async #interrupt(): Promise<void> {
    try {
      await this[Symbol.asyncDispose]();
    } finally {
      process.exit(130);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]();
    await this.engine.stop();
  }
}
