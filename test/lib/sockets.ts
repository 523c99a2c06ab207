import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** A port that was free a moment ago on every address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** One task of a test: a server on a loopback address of its own, since all tasks of a service share their port. */
export interface Backend extends AsyncDisposable {
  readonly taskId: string;
  readonly address: string;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  /** Connections accepted so far. */
  accepted(): number;
  /** Stops listening and drops all connections. */
  kill(): void;
}

export interface BackendGroup extends AsyncDisposable {
  readonly port: number;
  readonly backends: readonly Backend[];
}

type Serve = (socket: Socket, taskId: string) => void;

/** Starts `count` tasks on 127.0.0.2 and up, all on one port. */
export async function startBackends(count: number, serve: Serve): Promise<BackendGroup> {
  for (;;) {
    const port = await freePort();
    const backends: Backend[] = [];
    try {
      for (let number = 0; number < count; number += 1) {
        backends.push(await startBackend({ number, port, serve }));
      }
      return {
        port,
        backends,
        [Symbol.asyncDispose]: async () => {
          for (const backend of backends) await backend[Symbol.asyncDispose]();
        },
      };
    } catch (error) {
      for (const backend of backends) backend.kill();
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
}

async function startBackend(options: {
  readonly number: number;
  readonly port: number;
  readonly serve: Serve;
}): Promise<Backend> {
  const taskId = `task${String(options.number)}`;
  const address = `127.0.0.${String(options.number + 2)}`;
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    options.serve(socket, taskId);
  });
  server.listen({ host: address, port: options.port, backlog: 4096 });
  await once(server, 'listening');
  const kill = (): void => {
    if (server.listening) server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    taskId,
    address,
    server,
    sockets,
    accepted: () => accepted,
    kill,
    [Symbol.asyncDispose]: async () => {
      const closed = server.listening ? once(server, 'close') : undefined;
      kill();
      await closed;
    },
  };
}

/** Connects to a port of this machine. */
export async function connectTo(port: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Sends `text`, ends, and gives all that comes back. */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = await connectTo(port);
  socket.end(text);
  return await readAll(socket);
}

/** All that the other side sends until it ends. */
export async function readAll(socket: Socket): Promise<string> {
  let received = '';
  for await (const chunk of socket) received += String(chunk);
  return received;
}
