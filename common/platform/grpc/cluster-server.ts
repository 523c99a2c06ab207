import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { Server, ServerCredentials, type ConnectionInjector } from '@grpc/grpc-js';
import type { RpcHandler } from '../../ports/rpc.ts';
import { ShoalError } from '../../pure/errors.ts';
import type { ClusterId } from '../../pure/ids.ts';
import { limits } from '../../pure/limits.ts';
import {
  contextOptions,
  ReloadableServerCredentials,
  type NodeCredentials,
} from '../tls/credentials.ts';
import { readGreeting } from './client-hello.ts';
import { joinServername } from './dialer.ts';
import { joiningOptions, serverOptions } from './options.ts';
import { PeerReader } from './peer-reader.ts';
import { serviceOf } from './service.ts';

/** Credentials of the way in for nodes without a certificate. */
class OpenServerCredentials extends ServerCredentials {
  constructor(credentials: NodeCredentials) {
    super(
      { requestCert: false, handshakeTimeout: limits.tlsHandshakeMs },
      contextOptions(credentials),
    );
  }

  update(credentials: NodeCredentials): void {
    this.updateSecureContextOptions(contextOptions(credentials));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

interface ClusterServerParts {
  readonly credentials: NodeCredentials;
  readonly clusterId: ClusterId;
  readonly handlers: readonly RpcHandler[];
}

/**
 * Answers other nodes on one port: by the name that a client asks for, either as the way in for nodes without a certificate, which reach
 * only what anyone may call, or with mutual TLS, which refuses all others in the handshake.
 */
export class ClusterServer implements AsyncDisposable {
  readonly #known: Server;
  readonly #open: Server;
  readonly #knownCredentials: ReloadableServerCredentials;
  readonly #openCredentials: OpenServerCredentials;
  readonly #knownInjector: ConnectionInjector;
  readonly #openInjector: ConnectionInjector;
  readonly #acceptor: NetServer;
  readonly #sockets = new Set<Socket>();
  /** Those of `#sockets` whose node has no certificate. */
  readonly #joining = new Set<Socket>();
  /** How many have not said yet whom they want. */
  #greeting = 0;

  constructor({ credentials, clusterId, handlers }: ClusterServerParts) {
    this.#knownCredentials = new ReloadableServerCredentials(credentials);
    this.#openCredentials = new OpenServerCredentials(credentials);
    this.#known = new Server(serverOptions);
    this.#open = new Server(joiningOptions);
    const known = serviceOf(handlers, new PeerReader(clusterId));
    const forAnyone = handlers.filter(({ method }) => method.roles.includes('anyone'));
    const open = serviceOf(forAnyone, undefined);
    this.#known.addService(known.definition, known.implementation);
    this.#open.addService(open.definition, open.implementation);
    this.#knownInjector = this.#known.createConnectionInjector(this.#knownCredentials);
    this.#openInjector = this.#open.createConnectionInjector(this.#openCredentials);
    this.#acceptor = createServer({ noDelay: true }, (socket) => {
      this.#accept(socket);
    });
    this.#acceptor.maxConnections = limits.rpcConnections;
  }

  /** @throws ShoalError `unavailable` when the address cannot be bound */
  async listen(host: string, port: number): Promise<void> {
    this.#acceptor.listen({ host, port, backlog: 511 });
    try {
      await once(this.#acceptor, 'listening');
    } catch (cause) {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      throw new ShoalError(
        'unavailable',
        `other nodes cannot be answered on ${address}: free the port, or choose another with --listen-addr`,
        { fields: { address }, cause },
      );
    }
    this.#acceptor.on('error', () => undefined);
  }

  /** Connections from now on are shown this certificate; those that are open stay. */
  update(credentials: NodeCredentials): void {
    this.#knownCredentials.update(credentials);
    this.#openCredentials.update(credentials);
  }

  /** Ends all connections: calls fail as `unavailable`. Twice is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#knownInjector.destroy();
    this.#openInjector.destroy();
    this.#known.forceShutdown();
    this.#open.forceShutdown();
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#acceptor.listening) return;
    const closed = once(this.#acceptor, 'close');
    this.#acceptor.close();
    await closed;
  }

  /** Waits for the client's greeting, and hands the connection to whom it is for. */
  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    if (this.#greeting >= limits.rpcHandshakes) {
      socket.destroy();
      return;
    }
    this.#greeting += 1;
    let heard = Buffer.alloc(0);
    let isGreeting = true;
    const timer = setTimeout(() => {
      socket.destroy();
    }, limits.tlsHandshakeMs);
    const greeted = (): void => {
      clearTimeout(timer);
      if (isGreeting) this.#greeting -= 1;
      isGreeting = false;
    };
    const read = (): void => {
      for (let chunk = take(socket); chunk !== undefined; chunk = take(socket)) {
        heard = Buffer.concat([heard, chunk]);
        const greeting = readGreeting(heard);
        if (greeting.kind === 'more' && heard.length < limits.tlsHelloBytes) continue;
        greeted();
        socket.off('readable', read);
        if (greeting.kind === 'more') socket.destroy();
        else this.#handOver(socket, heard, greeting);
        return;
      }
    };
    socket.on('readable', read);
    socket.on('close', () => {
      greeted();
      this.#sockets.delete(socket);
    });
  }

  #handOver(socket: Socket, heard: Buffer, greeting: ReturnType<typeof readGreeting>): void {
    socket.unshift(heard);
    const isJoining = greeting.kind === 'named' && greeting.servername === joinServername;
    if (isJoining && !this.#admit(socket)) socket.destroy();
    else (isJoining ? this.#openInjector : this.#knownInjector).injectConnection(socket);
  }

  /** False where too many nodes without a certificate are here already, or from the same address. */
  #admit(socket: Socket): boolean {
    const host = socket.remoteAddress ?? '';
    const sameHost = [...this.#joining].filter((other) => other.remoteAddress === host);
    const isTooMuch =
      this.#joining.size >= limits.rpcJoiningConnections ||
      sameHost.length >= limits.rpcJoiningConnectionsPerAddress;
    if (isTooMuch) return false;
    this.#joining.add(socket);
    socket.on('close', () => this.#joining.delete(socket));
    return true;
  }
}

function take(socket: Socket): Buffer | undefined {
  const chunk: unknown = socket.read();
  return Buffer.isBuffer(chunk) ? chunk : undefined;
}
