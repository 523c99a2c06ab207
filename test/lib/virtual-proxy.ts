import { seededRandom } from '../../common/pure/random.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { StreamListener } from '../../common/ports/net.ts';
import type { ProxySpawner } from '../../worker/proxy/client.ts';
import { ProxyControl } from '../../worker/proxy/control.ts';
import { Proxy } from '../../worker/proxy/proxy.ts';
import { SnapshotFile } from '../../worker/proxy/snapshot-file.ts';
import { KeptLog } from './kept-log.ts';
import type { MemoryNetwork } from './memory-net.ts';

const never = new AbortController().signal;

/** The proxy process of one host of a virtual network: same code, no process. */
export class VirtualProxyProcess implements ProxySpawner {
  readonly socketPath = '/proxy/proxy.sock';
  readonly snapshotPath = '/proxy/endpoints.bin';
  readonly log = new KeptLog();
  readonly #network: MemoryNetwork;
  readonly #host: string;
  readonly #disk: Disk;
  #listener: StreamListener | undefined;
  /** Processes started so far; the number of the newest is its pid. */
  spawned = 0;
  /** The running one. */
  proxy: Proxy | undefined;
  #control: ProxyControl | undefined;

  constructor(network: MemoryNetwork, host: string, disk: Disk) {
    this.#network = network;
    this.#host = host;
    this.#disk = disk;
  }

  async spawn(): Promise<void> {
    this.spawned += 1;
    const net = this.#network.host(this.#host);
    const random = seededRandom(this.spawned);
    const proxy = new Proxy({ net, clock: this.#network.clock, random, log: this.log });
    const control = new ProxyControl({
      proxy,
      snapshot: new SnapshotFile(this.#disk, this.snapshotPath, this.log),
      log: this.log,
      pid: this.spawned,
      build: 'virtual',
      stop: (graceMs) => {
        void this.#stop(graceMs);
      },
    });
    this.proxy = proxy;
    this.#control = control;
    await control.restore(never);
    this.#listener = await net.listen({ kind: 'unix', path: this.socketPath }, (stream) => {
      control.accept(stream);
    });
  }

  /** Ends the process as by SIGKILL, and with it every stream of its host. */
  async kill(): Promise<void> {
    this.#network.killProcesses(this.#host);
    await this.#dispose();
  }

  async #stop(graceMs: number): Promise<void> {
    const stopping = this.proxy?.stop(graceMs, never);
    await this.#listener?.close();
    await stopping;
    await this.#dispose();
  }

  async #dispose(): Promise<void> {
    const [proxy, control] = [this.proxy, this.#control];
    this.proxy = undefined;
    this.#control = undefined;
    await control?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
  }
}
