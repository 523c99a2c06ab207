import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Pause of the stock client between two looks at what it waits for. */
const pauseMs = 200;

/**
 * What `docker service create` of the stock clients does while its service does not converge, for many of them: on a connection of its own
 * each asks for the service, its tasks and the nodes, waits for 200 ms, and asks again. (So many real clients would take more CPU than there is.)
 */
export class WaitingClients implements AsyncDisposable {
  readonly #socketPath: string;
  readonly #loops: Promise<void>[];
  #isOver = false;
  #requests = 0;
  #longestMs = 0;

  constructor(socketPath: string, serviceIds: readonly string[]) {
    this.#socketPath = socketPath;
    this.#loops = serviceIds.map((id) => this.#wait(id));
  }

  /** Requests that were answered so far. */
  get requests(): number {
    return this.#requests;
  }

  /** The longest that one answer took. */
  get longestMs(): number {
    return this.#longestMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #wait(id: string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const filters = encodeURIComponent(
      JSON.stringify({ service: { [id]: true }, '_up-to-date': { true: true } }),
    );
    // They did not all begin at the same moment.
    await sleep(Math.random() * pauseMs);
    while (!this.#isOver) {
      await this.#get(agent, `/v1.41/services/${id}?insertDefaults=false`);
      await this.#get(agent, `/v1.41/tasks?filters=${filters}`);
      await this.#get(agent, '/v1.41/nodes');
      await sleep(pauseMs);
    }
    agent.destroy();
  }

  async #get(agent: Agent, path: string): Promise<void> {
    const startMs = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const call = request({ socketPath: this.#socketPath, path, agent }, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path}: ${String(response.statusCode)}`));
      });
    });
    call.on('error', reject);
    call.end();
    await promise;
    this.#requests += 1;
    this.#longestMs = Math.max(this.#longestMs, performance.now() - startMs);
  }
}
