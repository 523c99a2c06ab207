import { join } from 'node:path';

/** What lies in the proxy's folder of the data root. */
export interface ProxyFiles {
  readonly directory: string;
  /** Control socket: whoever answers there is the proxy of this data root. */
  readonly socket: string;
  readonly snapshot: string;
  readonly pid: string;
  readonly log: string;
  /** Compiled code, for a quick start. */
  readonly cache: string;
}

/** @param directory `<data root>/proxy`. */
export function proxyFiles(directory: string): ProxyFiles {
  return {
    directory,
    socket: join(directory, 'proxy.sock'),
    snapshot: join(directory, 'endpoints.bin'),
    pid: join(directory, 'pid'),
    log: join(directory, 'log'),
    cache: join(directory, 'cache'),
  };
}
