import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineClient } from '../../../common/platform/engine/client.ts';
import { callSocket, member } from '../../../deploy/quickstart/socket-http.ts';
import { testImage } from '../../integration/lib/test-image.ts';
import { targetPort, untilGone, updateParallelism, type Side } from './side.ts';

const pollMs = 50;
const limitMs = 600_000;
const publishedPort = 8080;
const path = '/v1.41/services';

/** One service with a published port, through the API that Docker swarm mode and Shoal share. */
export class Cluster implements Side {
  readonly name: string;
  readonly #socketPath: string;
  readonly #engine: EngineClient;
  #count = 0;
  #revision = 0;

  /** @param engine the one that its containers are on. */
  constructor(name: string, socketPath: string, engine: EngineClient) {
    this.name = name;
    this.#socketPath = socketPath;
    this.#engine = engine;
  }

  async create(count: number): Promise<void> {
    this.#count = count;
    await this.#call('POST', `${path}/create`, this.#spec());
    await this.#until('all replicas run', async () => {
      const services = await this.#call('GET', `${path}?status=true`);
      return member(services, 0, 'ServiceStatus', 'RunningTasks') === this.#count;
    });
  }

  async update(): Promise<void> {
    this.#revision += 1;
    const before = await this.#call('GET', `${path}/bench`);
    const version = String(member(before, 'Version', 'Index'));
    await this.#call('POST', `${path}/bench/update?version=${version}`, this.#spec());
    await this.#until('the update is complete', async () => {
      const service = await this.#call('GET', `${path}/bench`);
      return member(service, 'UpdateStatus', 'State') === 'completed';
    });
  }

  async remove(): Promise<void> {
    await this.#call('DELETE', `${path}/bench`);
    const label = 'com.docker.swarm.service.name=bench';
    await untilGone(this.#engine, label, AbortSignal.timeout(limitMs));
  }

  #spec(): unknown {
    return {
      Name: 'bench',
      TaskTemplate: {
        ContainerSpec: { Image: testImage, Env: [`REVISION=${String(this.#revision)}`] },
      },
      Mode: { Replicated: { Replicas: this.#count } },
      // The shortest watch over new tasks: the engine alone does not wait for anything either.
      UpdateConfig: { Parallelism: updateParallelism, Monitor: 1, FailureAction: 'pause' },
      EndpointSpec: {
        Ports: [{ Protocol: 'tcp', TargetPort: targetPort, PublishedPort: publishedPort }],
      },
    };
  }

  async #until(what: string, look: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (!(await look())) {
      if (performance.now() > endMs) throw new Error(`${this.name}: not seen: ${what}`);
      await sleep(pollMs);
    }
  }

  async #call(method: 'GET' | 'POST' | 'DELETE', at: string, json?: unknown): Promise<unknown> {
    const { status, text } = await callSocket({
      socketPath: this.#socketPath,
      method,
      path: at,
      limitMs: 120_000,
      ...(json === undefined ? {} : { body: Buffer.from(JSON.stringify(json)) }),
    });
    if (status >= 300) throw new Error(`${this.name}: ${method} ${at}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }
}
