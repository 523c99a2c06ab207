import { createServer } from 'node:net';

import { ShoalError } from '../../common/pure/errors.ts';
import { consensusAddress, hostPortText } from './addresses.ts';
import type { HostPort } from './addresses.ts';

/**
 * Makes sure that a manager could listen: on the port of the cluster, and on the next one for consensus. A cluster that is founded, or joined, must not fail
 * at that afterwards.
 * @throws ShoalError `unavailable`
 */
export async function requireManagerPorts(listen: HostPort): Promise<void> {
  for (const place of [listen, consensusAddress(listen)]) await requirePort(place, listen);
}

async function requirePort(place: HostPort, listen: HostPort): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...place, exclusive: true }, resolve);
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ShoalError(
      'unavailable',
      `a manager cannot listen on ${hostPortText(place)} (${why}): free the port, or give another --listen-addr than ${hostPortText(listen)}; the port after it is needed too`,
      { cause },
    );
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}
