import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  outputOf,
  runCommand,
  type CommandResult,
  type DockerClient,
} from '../../e2e/lib/clients.ts';
import { ShoalNode } from '../../e2e/lib/shoal-node.ts';
import { callSocket, type SocketAnswer } from '../../../deploy/quickstart/socket-http.ts';
import { startDockerd, type Dockerd } from '../lib/dockerd.ts';
import type { Namespaces } from '../lib/namespaces.ts';
import { addressOf, type Network } from './network.ts';

/** The version of the API that every stock client and engine of this time speaks. */
const apiVersion = 'v1.41';
const answerLimitMs = 30_000;

interface HostPlace {
  readonly number: number;
  readonly network: Network;
  /** A folder of its own, that is made for it. */
  readonly directory: string;
  /** Unique on this machine. */
  readonly cgroup: string;
  readonly engineArgs: readonly string[];
  readonly client: DockerClient;
  /** Size of a file system of its own for the data root; without it, that is a folder like any other. */
  readonly diskBytes: number | undefined;
}

/** A container of the swarm on one engine. */
export interface HostContainer {
  readonly id: string;
  /** Such as `web.1.<task id>`. */
  readonly name: string;
  readonly isRunning: boolean;
  readonly startedAt: string;
  /** Times that the engine itself started it anew. */
  readonly restarts: number;
}

/** One machine of a testbed: its address, its engine, and its Shoal daemon, each of which may be killed, stopped or cut off. */
export class Host {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly engine: Dockerd;
  readonly node: ShoalNode;
  readonly #network: Network;
  readonly #client: DockerClient;
  #isPaused = false;

  private constructor(place: HostPlace, engine: Dockerd, node: ShoalNode) {
    this.number = place.number;
    this.name = hostName(place.number);
    this.address = addressOf(place.number);
    this.engine = engine;
    this.node = node;
    this.#network = place.network;
    this.#client = place.client;
  }

  /** Starts the engine and waits until it answers; the Shoal daemon is not started. */
  static async open(place: HostPlace): Promise<Host> {
    const engine = await startDockerd({
      args: place.engineArgs,
      directory: join(place.directory, 'engine'),
      hostname: hostName(place.number),
      cgroup: place.cgroup,
      connect: async (namespaces) => {
        await place.network.plug(place.number, namespaces);
        await hideSettings(namespaces, join(place.directory, 'etc'));
      },
    });
    const host = new Host(place, engine, ShoalNode.at(engine, place.directory));
    if (place.diskBytes !== undefined) await host.#mount(place.diskBytes);
    return host;
  }

  /** Starts the Shoal daemon, on whatever its data root holds, and waits until it answers. */
  async startDaemon(): Promise<void> {
    await this.node.start();
  }

  /** `kill -9` of the Shoal daemon. Containers, proxy and engine stay. */
  async kill(): Promise<void> {
    await this.node.end('SIGKILL');
    this.#isPaused = false;
  }

  /** Ends the Shoal daemon as an operator does. @returns its exit code, or the signal that ended it */
  async stop(): Promise<number | string> {
    return await this.node.end('SIGTERM');
  }

  /** Stops the Shoal daemon between two instructions, as a machine that swaps or a paused virtual one does. */
  pause(): void {
    process.kill(this.node.pid, 'SIGSTOP');
    this.#isPaused = true;
  }

  resume(): void {
    if (this.#isPaused) process.kill(this.node.pid, 'SIGCONT');
    this.#isPaused = false;
  }

  /** Pulls the host's cable: nothing comes in or goes out until `heal`. */
  async cutOff(): Promise<void> {
    await this.#network.setPlugged(this.number, false);
  }

  async heal(): Promise<void> {
    await this.#network.setPlugged(this.number, true);
  }

  /** As when the power fails: daemon, proxy, engine and every container end at once. `powerOn` starts engine and daemon anew. */
  async powerOff(): Promise<void> {
    await this.node.abandon();
    this.#isPaused = false;
    await this.engine.halt('SIGKILL');
    await this.engine.endContainers();
  }

  async powerOn(): Promise<void> {
    await this.engine.start();
    await this.startDaemon();
  }

  /** Leaves no trace of the Shoal daemon: a machine that was set up anew. Its containers go too. */
  async wipe(): Promise<void> {
    await this.node.abandon();
    this.#isPaused = false;
    const ids = (await this.containers()).map(({ id }) => id);
    if (ids.length > 0) outputOf(await this.dockerOfEngine('rm', '-f', ...ids));
    await this.engine.exec('find', [this.node.dataRoot, '-mindepth', '1', '-delete']);
  }

  /** The stock command against the Shoal daemon. */
  async docker(...args: readonly string[]): Promise<CommandResult> {
    return await this.node.docker(this.#client, ...args);
  }

  /** The same. @returns what it wrote. @throws with what it complained of unless it ended with 0 */
  async mustDocker(...args: readonly string[]): Promise<string> {
    const result = await this.docker(...args);
    try {
      return outputOf(result);
    } catch (cause) {
      throw new Error(`${this.name}: docker ${args.join(' ')}`, { cause });
    }
  }

  /** The stock command against the engine itself. */
  async dockerOfEngine(...args: readonly string[]): Promise<CommandResult> {
    return await runCommand(
      [this.#client.program, '-H', `unix://${this.engine.socketPath}`, ...args],
      {},
    );
  }

  /** The `shoal` command against the daemon. */
  async shoal(...args: readonly string[]): Promise<CommandResult> {
    return await this.node.shoal(...args);
  }

  /**
   * One call of the Docker API of the Shoal daemon.
   * @param path such as `/services`, without the version.
   * @throws when nothing answers within `limitMs`
   */
  async api(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    json?: unknown,
    limitMs: number = answerLimitMs,
  ): Promise<SocketAnswer> {
    return await callSocket({
      socketPath: this.node.socketPath,
      method,
      path: `/${apiVersion}${path}`,
      limitMs,
      ...(json === undefined ? {} : { body: Buffer.from(JSON.stringify(json)) }),
    });
  }

  /** One request with curl from this host. @returns the answer's body, or undefined when there was none */
  async curl(url: string): Promise<string | undefined> {
    const result = await runCommand(
      [...this.engine.inside, 'curl', '-sS', '-f', '-m', '5', url],
      {},
    );
    return result.code === 0 ? result.stdout : undefined;
  }

  /** True if something at `address` answers within a second. */
  async reaches(address: string): Promise<boolean> {
    const probe = `exec 3<>/dev/tcp/${address}/1`;
    const result = await runCommand(
      [...this.engine.inside, 'timeout', '1', 'bash', '-c', probe],
      {},
    );
    // A port where nobody listens is refused by a host that is reached; a host that is not says nothing.
    return result.stderr.includes('refused');
  }

  /** Containers of the swarm on this engine, ended ones too. Fails when the engine does not answer. */
  async containers(): Promise<readonly HostContainer[]> {
    const ids = outputOf(await this.dockerOfEngine('ps', '-aq', '--no-trunc'));
    if (ids === '') return [];
    const format =
      '{{.Id}} {{.Name}} {{.State.Running}} {{.State.StartedAt}} {{.RestartCount}} {{index .Config.Labels "com.docker.swarm.task.id"}}';
    const lines = outputOf(
      await this.dockerOfEngine('inspect', '--format', format, ...ids.split('\n')),
    );
    return lines.split('\n').flatMap((line) => {
      const [id = '', name = '', running, startedAt = '', restarts, taskId = ''] = line.split(' ');
      if (taskId === '') return [];
      return [
        {
          id,
          name: name.replace('/', ''),
          isRunning: running === 'true',
          startedAt,
          restarts: Number(restarts),
        },
      ];
    });
  }

  /** Leaves `leftBytes` of the disk of the data root, or next to nothing. Only where the testbed was given `diskBytes`. */
  async fillDisk(leftBytes: number): Promise<void> {
    const script = `
      free=$(df --output=avail -B 1 "$1" | tail -1)
      [ "$2" = 0 ] || fallocate -l "$((free - $2))" "$1/filler.$2"
      [ "$2" != 0 ] || dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null || true`;
    await this.engine.exec('sh', ['-ec', script, 'fill', this.node.dataRoot, String(leftBytes)]);
  }

  async freeDisk(): Promise<void> {
    await this.engine.exec('sh', ['-c', 'rm -f "$1"/filler*', 'free', this.node.dataRoot]);
  }

  /** Ends everything of it. */
  async close(): Promise<void> {
    this.resume();
    await this.node.abandon();
    await this.node.keepLog();
    await this.engine.stop();
  }

  /** The file system is mounted in the namespaces of the host, and goes with them. */
  async #mount(bytes: number): Promise<void> {
    const image = `${this.node.dataRoot}.ext4`;
    await writeFile(image, '');
    await truncate(image, bytes);
    await mkdir(this.node.dataRoot, { mode: 0o700 });
    await this.engine.exec('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
    await this.engine.exec('mount', ['-o', 'loop', image, this.node.dataRoot]);
    await rm(join(this.node.dataRoot, 'lost+found'), { recursive: true, force: true });
  }
}

/** Of engines that share this machine's /etc/docker, each would take the key of the first for its own, and so its id. */
async function hideSettings(namespaces: Namespaces, directory: string): Promise<void> {
  const script = 'mkdir -p "$1" /etc/docker; mount --bind "$1" /etc/docker';
  await namespaces.exec('sh', ['-ec', script, 'hide', directory]);
}

function hostName(number: number): string {
  return `n${String(number)}`;
}
