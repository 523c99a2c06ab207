import type { Duplex } from 'node:stream';

/** Joins two connections, each half-closed by itself; when one breaks, so does the other. */
export function splice(client: Duplex, upstream: Duplex): void {
  const drop = (): void => {
    client.destroy();
    upstream.destroy();
  };
  upstream.on('error', drop);
  client.on('error', drop);
  client.once('close', () => upstream.destroy());
  // What was read is still on its way out: end, and let the client close.
  upstream.once('close', () => client.end());
  client.pipe(upstream);
  upstream.pipe(client);
}
