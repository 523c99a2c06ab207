import type { DialedChannel, RpcChannel } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { MemoryRpcChannel, RpcLink } from '../../common/run/rpc/memory-channel.ts';
import type { Daemon } from './daemon.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimNode } from './sim-node.ts';
import type { Ways } from './ways.ts';

/** A daemon on its machine. */
export interface End {
  readonly node: SimNode;
  readonly daemon: Daemon;
}

interface Connection {
  readonly channel: MemoryRpcChannel;
  readonly client: End;
  readonly server: End;
  isOver: boolean;
}

export interface ConnectionsParts {
  readonly clock: SimClock;
  readonly ways: Ways;
  readonly nodes: () => readonly SimNode[];
  readonly spawn: (name: string, job: () => Promise<void>) => void;
}

/** How long a connection that carries nothing lives, milliseconds: a ping is not answered. */
const silentMsMax = limits.rpcKeepAliveMs + limits.rpcKeepAliveAnswerMs;

/** The connections between daemons and the cluster services of managers. */
export class Connections {
  readonly #parts: ConnectionsParts;
  readonly #open = new Set<Connection>();

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
  }

  /** A channel that connects when it is used, and again after its connection was lost. */
  dial(client: End, target: { readonly nodeId: string; readonly address: string }): DialedChannel {
    let connecting: Promise<Connection> | undefined;
    let isClosed = false;
    const connect = async (): Promise<RpcChannel> => {
      if (isClosed) throw new ShoalError('unavailable', 'the channel is closed');
      const opening = (connecting ??= this.#connect(client, target));
      try {
        const connection = await client.daemon.life.hold(opening);
        if (!connection.isOver) return connection.channel;
      } catch (error) {
        if (connecting === opening) connecting = undefined;
        throw error;
      }
      if (connecting === opening) connecting = undefined;
      return await connect();
    };
    return {
      unary: async (method, request, options) =>
        await (await connect()).unary(method, request, options),
      serverStream: async function* (method, request, options) {
        yield* (await connect()).serverStream(method, request, options);
      },
      [Symbol.asyncDispose]: async () => {
        isClosed = true;
        const last = await connecting?.catch(() => undefined);
        if (last !== undefined) this.#drop(last);
      },
    };
  }

  /** The process of `node` is gone; its machine, if that runs, says so to whoever can be reached. */
  ended(node: SimNode, daemon: Daemon): void {
    for (const connection of this.#open) {
      const { client, server } = connection;
      if (client.daemon !== daemon && server.daemon !== daemon) continue;
      const other = client.daemon === daemon ? server.node : client.node;
      if (this.#parts.ways.isOpen(node, other)) this.#drop(connection);
      else this.#reset(connection, node, other);
    }
  }

  /** A machine that is back answers what belongs to its former life by a reset. */
  dropOld(node: SimNode): void {
    for (const connection of this.#open) {
      const { client, server } = connection;
      const end = server.node === node ? server : client;
      if (end.node === node && end.daemon.life.isDead) this.#drop(connection);
    }
  }

  #reset(connection: Connection, from: SimNode, to: SimNode): void {
    this.#parts.spawn('reset', async () => {
      await this.#parts.ways.pass(from, to);
      this.#drop(connection);
    });
  }

  async #connect(
    client: End,
    { nodeId, address }: { readonly nodeId: string; readonly address: string },
  ): Promise<Connection> {
    const { ways, nodes } = this.#parts;
    const node = nodes().find((one) => `${one.address}:2377` === address);
    if (node === undefined || !(await this.#reaches(client.node, node))) {
      throw new ShoalError('unavailable', 'no answer');
    }
    const { daemon } = node;
    if (daemon?.server === undefined || !daemon.isServing) {
      throw new ShoalError('unavailable', 'connection refused', { fields: { refused: true } });
    }
    if (daemon.identity?.nodeId !== nodeId) {
      throw new ShoalError('unavailable', 'another node is there');
    }
    const server = { node, daemon };
    const link: RpcLink = {
      deliver: async (direction) => {
        const [from, to] = direction === 'up' ? [client, server] : [server, client];
        await ways.pass(from.node, to.node);
        if (from.node.link.breaks()) {
          this.#drop(connection);
          throw new ShoalError('unavailable', 'connection reset');
        }
        await to.daemon.life.pass();
      },
    };
    const channel = daemon.server.channel(client.daemon.peerIdentity(), link);
    const connection: Connection = { channel, client, server, isOver: false };
    this.#open.add(connection);
    this.#parts.spawn('pings', () => this.#watch(connection));
    return connection;
  }

  /** One way and back, within the time that a dial may take. */
  async #reaches(from: SimNode, to: SimNode): Promise<boolean> {
    const { clock, ways } = this.#parts;
    const signal = new AbortController().signal;
    const durationMs = from.link.delayMs() + to.link.delayMs();
    await clock.sleep(Math.min(durationMs, limits.rpcConnectMs), signal);
    const isThere = ways.isOpen(from, to) && ways.isOpen(to, from) && to.isOn;
    if (isThere && durationMs < limits.rpcConnectMs) return true;
    await clock.sleep(Math.max(0, limits.rpcConnectMs - durationMs), signal);
    return false;
  }

  /** Breaks the connection when nothing comes from the other end any more. */
  async #watch(connection: Connection): Promise<void> {
    const { clock } = this.#parts;
    let silentMs = 0;
    while (!connection.isOver && silentMs < silentMsMax) {
      const periodMs = silentMs === 0 ? limits.rpcKeepAliveMs : limits.rpcKeepAliveAnswerMs;
      await clock.sleep(periodMs, new AbortController().signal);
      silentMs = this.#answers(connection) ? 0 : silentMs + periodMs;
    }
    this.#drop(connection);
  }

  #answers({ client, server }: Connection): boolean {
    const { ways } = this.#parts;
    const isOpen = ways.isOpen(client.node, server.node) && ways.isOpen(server.node, client.node);
    return isOpen && isAwake(client.daemon) && isAwake(server.daemon);
  }

  #drop(connection: Connection): void {
    connection.isOver = true;
    this.#open.delete(connection);
    connection.channel.disconnect();
  }
}

/** Pings are answered by the process itself. */
function isAwake({ life }: Daemon): boolean {
  return !life.isDead && !life.isPaused;
}
