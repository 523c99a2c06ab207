import { Namespaces } from '../lib/namespaces.ts';

/** What stands beside the hosts on their network: the registry, and clients from outside. */
export const outsideAddress = '10.99.0.254';

/** The address of host `number`, which counts from 1. */
export function addressOf(number: number): string {
  return `10.99.0.${String(number)}`;
}

/** Which packets are lost, by the numbers of the hosts that send and should receive them; whoever is not given is everyone, those outside too. */
export interface Loss {
  readonly from?: number;
  readonly to?: number;
}

const table = 'testbed';

/**
 * A network of its own that joins the hosts of a testbed: a bridge in namespaces apart from the machine's, so several testbeds may use the
 * same addresses, and nothing of it is left when they go.
 */
export class Network {
  readonly namespaces: Namespaces;

  private constructor(namespaces: Namespaces) {
    this.namespaces = namespaces;
  }

  static async open(): Promise<Network> {
    const setUp = `
ip link add bridge type bridge
ip addr add ${outsideAddress}/24 dev bridge
ip link set bridge up
nft add table bridge ${table}
nft 'add chain bridge ${table} loss { type filter hook forward priority 0; }'
nft 'add chain bridge ${table} lossIn { type filter hook input priority 0; }'
nft 'add chain bridge ${table} lossOut { type filter hook output priority 0; }'`;
    return new Network(await Namespaces.hold('outside', { setUp }));
  }

  /** Gives the namespaces of host `number` an `eth0` on this network. */
  async plug(number: number, host: Namespaces): Promise<void> {
    const port = portOf(number);
    await this.#do(
      `ip link add ${port} type veth peer name eth0 netns ${String(host.pid)}; ip link set ${port} master bridge up`,
    );
    const address = `ip addr add ${addressOf(number)}/24 dev eth0; ip link set eth0 up`;
    const script = `${address}; ip route add default via ${outsideAddress}`;
    await host.exec('sh', ['-ec', script]);
  }

  /** Pulls the cable of host `number`, or plugs it in again. */
  async setPlugged(number: number, isPlugged: boolean): Promise<void> {
    await this.#do(`ip link set ${portOf(number)} ${isPlugged ? 'up' : 'down'}`);
  }

  /**
   * Loses every packet that `losses` name from now on, and no other: an empty list heals all. Only IP is lost, so that hosts go on to find each
   * other's hardware addresses, and a loss one way does not become one both ways.
   */
  async lose(losses: readonly Loss[]): Promise<void> {
    const flush = ['loss', 'lossIn', 'lossOut'].map(
      (chain) => `flush chain bridge ${table} ${chain}`,
    );
    const commands = [...flush, ...losses.flatMap(rulesFor)];
    await this.#do(`nft '${commands.join('; ')}'`);
  }

  async end(): Promise<void> {
    await this.namespaces.end();
  }

  async #do(script: string): Promise<void> {
    await this.namespaces.exec('sh', ['-ec', script]);
  }
}

/** What is outside is the bridge itself: to it packets come in, from it they go out, all others pass. */
function rulesFor({ from, to }: Loss): string[] {
  const sender = from === undefined ? '' : `iifname "${portOf(from)}" `;
  const receiver = to === undefined ? '' : `oifname "${portOf(to)}" `;
  const chains = [
    `loss ${sender}${receiver}`,
    ...(to === undefined ? [`lossIn ${sender}`] : []),
    ...(from === undefined ? [`lossOut ${receiver}`] : []),
  ];
  return chains.map((chain) => `add rule bridge ${table} ${chain}ether type ip drop`);
}

/** The bridge's end of the cable. */
function portOf(number: number): string {
  return `host${String(number)}`;
}
