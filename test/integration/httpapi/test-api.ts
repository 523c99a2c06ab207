import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NodeClock } from '../../../common/platform/clock.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { EngineSocket } from '../../../node/httpapi/adapter/engine-http.ts';
import { ApiServer } from '../../../node/httpapi/adapter/server.ts';
import { createApi } from '../../../node/httpapi/api.ts';
import { productFacts, silentLog } from '../../lib/api-fixture.ts';
import { FakeNodeControl } from '../../lib/fake-cluster.ts';

/** The real listener over a fake node and cluster, before whatever engine a test has. */
export class TestApi implements AsyncDisposable {
  readonly control: FakeNodeControl;
  readonly folder: string;
  readonly #server: ApiServer;

  private constructor(folder: string, engineSocketPath: string, control: FakeNodeControl) {
    this.folder = folder;
    this.control = control;
    const engine = new EngineSocket(engineSocketPath);
    const handler = createApi({
      control,
      engine,
      clock: new NodeClock(),
      log: silentLog,
      random: seededRandom(1),
      product: productFacts,
    });
    this.#server = new ApiServer({ handler, engine, log: silentLog, traceId: () => 't' });
  }

  /** @param engineSocketPath of an engine, or of nothing for one that is down. */
  static async start(
    engineSocketPath: string,
    control: FakeNodeControl = FakeNodeControl.manager(),
  ): Promise<TestApi> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-api-'));
    const api = new TestApi(folder, engineSocketPath, control);
    await api.#server.listen(api.socketPath);
    return api;
  }

  get socketPath(): string {
    return join(this.folder, 'api.sock');
  }

  /** What makes a stock client talk to it. */
  get environment(): Readonly<Record<string, string>> {
    return { DOCKER_HOST: `unix://${this.socketPath}`, DOCKER_CONFIG: join(this.folder, 'config') };
  }

  /** Stops it within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    await this.#server.close(graceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(0);
    await rm(this.folder, { recursive: true, force: true });
  }
}
