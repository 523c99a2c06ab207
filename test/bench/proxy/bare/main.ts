/**
 * The least that a proxy on Node's own streams can do: accept, connect, pipe both ways. What it costs is the floor of
 * everything that is built on `node:net`.
 *
 * Arguments: its port, then the port of the servers, then their addresses.
 */
import { connect, createServer } from 'node:net';

const [port, serverPort, ...hosts] = process.argv.slice(2);
const options = { allowHalfOpen: true, noDelay: true } as const;
let picks = 0;

const server = createServer(options, (client) => {
  picks += 1;
  const host = hosts[picks % hosts.length] ?? '127.0.0.1';
  const task = connect({ ...options, host, port: Number(serverPort) });
  client.pipe(task);
  task.pipe(client);
  client.on('error', () => task.destroy());
  task.on('error', () => client.destroy());
});
server.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 });
