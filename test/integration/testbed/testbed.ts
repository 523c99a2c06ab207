import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { findDockerClients, outputOf, runCommand } from '../../e2e/lib/clients.ts';
import { Registry } from '../lib/registry.ts';
import { loadTestImage, testImage } from '../lib/test-image.ts';
import { Host } from './host.ts';
import { cgroupOf, makeTestbedFolder, removeLeftovers, removeTestbed } from './leftovers.ts';
import { Network, outsideAddress, type Loss } from './network.ts';

const registryAddress = `${outsideAddress}:5000`;

interface TestbedOptions {
  readonly hosts: number;
  /** Starts a Shoal daemon on each; true unless given. */
  readonly withDaemons?: boolean;
  /** Gives each data root a file system of its own, of this size, that can be filled up. */
  readonly diskBytes?: number;
}

/**
 * Several hosts on this machine, each with a Docker Engine and a Shoal daemon of its own, on a network that can be torn, with a registry.
 *
 * Needs root and what test/run.sh installs. Everything ends with the testbed, and at the latest with the next one if this process is killed.
 */
export class Testbed implements AsyncDisposable {
  /** A web server that answers with its host name (see web.c), by its name at the registry: any host can pull it. */
  readonly image: string = `${registryAddress}/${testImage}`;
  readonly hosts: Host[] = [];
  readonly #network: Network;
  readonly #directory: string;
  #registry: Registry | undefined;

  private constructor(network: Network, directory: string) {
    this.#network = network;
    this.#directory = directory;
  }

  static async start(options: TestbedOptions): Promise<Testbed> {
    await removeLeftovers();
    const bed = new Testbed(await Network.open(), await makeTestbedFolder());
    try {
      await bed.#start(options);
    } catch (error) {
      await bed[Symbol.asyncDispose]();
      throw error;
    }
    return bed;
  }

  /** Host `number`, which counts from 1. */
  host(number: number): Host {
    const host = this.hosts[number - 1];
    if (host === undefined) throw new Error(`there is no host ${String(number)}`);
    return host;
  }

  /** Command and arguments that go before a command to run it on the hosts' network, but on none of them. */
  get outside(): readonly string[] {
    return this.#network.namespaces.inside;
  }

  /** One request with curl from outside, as people make it. @returns the answer's body, or undefined when there was none */
  async curl(host: Host, port: number, path = '/'): Promise<string | undefined> {
    const url = `http://${host.address}:${String(port)}${path}`;
    const result = await runCommand([...this.outside, 'curl', '-sS', '-f', '-m', '5', url], {});
    return result.code === 0 ? result.stdout : undefined;
  }

  /** Loses every packet that `losses` name from now on, and no other: an empty list heals all. */
  async lose(losses: readonly Loss[]): Promise<void> {
    await this.#network.lose(losses);
  }

  /** Tears the network between two groups of hosts, both ways. What is outside reaches all. */
  async part(some: readonly Host[], others: readonly Host[]): Promise<void> {
    await this.lose(
      some.flatMap(({ number: one }) =>
        others.flatMap(({ number: other }) => [
          { from: one, to: other },
          { from: other, to: one },
        ]),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.hosts.map(async (host) => await host.close()));
    await this.#registry?.[Symbol.asyncDispose]();
    await this.#network.end();
    await removeTestbed(this.#directory);
  }

  async #start({ hosts, withDaemons = true, diskBytes }: TestbedOptions): Promise<void> {
    const [client] = findDockerClients();
    if (client === undefined) throw new Error('there is no docker command');
    const registry = Registry.start(this.#network.namespaces, {
      address: registryAddress,
      directory: join(this.#directory, 'registry'),
    });
    const numbers = Array.from({ length: hosts }, (_, index) => index + 1);
    const opened = await Promise.allSettled(
      numbers.map(async (number) => {
        const directory = join(this.#directory, `n${String(number)}`);
        await mkdir(directory);
        return await Host.open({
          number,
          network: this.#network,
          directory,
          cgroup: cgroupOf(this.#directory, number),
          engineArgs: ['--insecure-registry', registryAddress],
          client,
          diskBytes,
        });
      }),
    );
    this.hosts.push(...opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    this.#registry = await registry;
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
    await this.#pushImage();
    if (withDaemons) await Promise.all(this.hosts.map(async (host) => await host.startDaemon()));
  }

  async #pushImage(): Promise<void> {
    const first = this.host(1);
    await loadTestImage(first.engine.socketPath, testImage);
    outputOf(await first.dockerOfEngine('tag', testImage, this.image));
    outputOf(await first.dockerOfEngine('push', this.image));
  }
}
