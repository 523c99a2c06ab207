import type { EngineClient } from '../../../common/platform/engine/client.ts';
import type { ContainerCreateBody } from '../../../common/ports/engine-api.ts';
import { limits } from '../../../common/pure/limits.ts';
import { testImage } from '../../integration/lib/test-image.ts';
import { inTurns, subnet, untilGone, updateParallelism, type Side } from './side.ts';

const network = 'straight';
const label = 'bench.number';
const workLimitMs = 600_000;
const stopGraceSeconds = 10;

/**
 * The floor: the calls that no orchestrator can do without, straight to the engine, as many at a time as the product makes, on a bridge of
 * the same kind. Nothing is stored, decided, watched, drained or balanced.
 */
export class BareEngine implements Side {
  readonly name = 'engine alone';
  readonly #client: EngineClient;
  #ids: string[] = [];
  /** Stopped by an update, and kept as an orchestrator keeps its history. */
  #gone: string[] = [];
  #made = 0;

  private constructor(client: EngineClient) {
    this.#client = client;
  }

  static async on(client: EngineClient): Promise<BareEngine> {
    const range = `${subnet.base}.0/${String(subnet.prefix)}`;
    await client.createNetwork(
      {
        Name: network,
        Driver: 'bridge',
        CheckDuplicate: true,
        IPAM: { Driver: 'default', Config: [{ Subnet: range, Gateway: `${subnet.base}.1` }] },
        Options: { 'com.docker.network.driver.mtu': '1450' },
        Labels: {},
      },
      AbortSignal.timeout(30_000),
    );
    return new BareEngine(client);
  }

  async create(count: number): Promise<void> {
    const slots = Array.from({ length: count }, (_, slot) => slot);
    await inTurns(slots, limits.launchTurns, (slot) => this.#launch(slot));
  }

  async update(): Promise<void> {
    const olds = [...this.#ids.entries()];
    await inTurns(olds, updateParallelism, async ([slot, id]) => {
      await this.#client.stopContainer(id, stopGraceSeconds, AbortSignal.timeout(workLimitMs));
      await this.#launch(slot);
      this.#gone.push(id);
    });
  }

  async remove(): Promise<void> {
    const all = [...this.#ids, ...this.#gone];
    const running = this.#ids;
    this.#ids = [];
    this.#gone = [];
    const signal = AbortSignal.timeout(workLimitMs);
    const work = async (): Promise<void> => {
      await Promise.all(
        running.map((id) => this.#client.stopContainer(id, stopGraceSeconds, signal)),
      );
      await inTurns(all, limits.removalTurns, (id) =>
        this.#client.removeContainer(id, { force: true, volumes: true }, signal),
      );
    };
    await Promise.all([work(), untilGone(this.#client, label, signal)]);
  }

  async #launch(slot: number): Promise<void> {
    const signal = AbortSignal.timeout(workLimitMs);
    this.#made += 1;
    const name = `straight-${String(this.#made)}`;
    const { Id } = await this.#client.createContainer(name, this.#body(), signal);
    await this.#client.startContainer(Id, signal);
    this.#ids[slot] = Id;
  }

  /** Addresses go round as the allocator's do: one that was given back is not used at once. */
  #body(): ContainerCreateBody {
    const IPv4Address = `${subnet.base}.${String((this.#made % 250) + 2)}`;
    return {
      Image: testImage,
      Labels: { [label]: String(this.#made) },
      HostConfig: { NetworkMode: network },
      NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address } } } },
    };
  }
}
