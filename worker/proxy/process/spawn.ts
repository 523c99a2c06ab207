import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ShoalError } from '../../../common/pure/errors.ts';
import type { ProxySpawner } from '../client.ts';
import { proxyFiles, type ProxyFiles } from './files.ts';

/** The proxy moves bytes that lie outside the collected heap: small heaps keep it small. */
const nodeFlags = [
  '--expose-gc',
  '--max-semi-space-size=4',
  '--v8-pool-size=1',
  '--disable-warning=ExperimentalWarning',
];

/** What the kernel takes as the path of a unix socket. */
const socketPathBytes = 107;

/** Starts proxy processes of this very build, with this very Node. */
export class ProxyProcess implements ProxySpawner {
  readonly files: ProxyFiles;
  readonly #build: string;

  /** @param directory `<data root>/proxy`. */
  constructor(directory: string, build: string) {
    this.files = proxyFiles(directory);
    this.#build = build;
  }

  /** The process has a session of its own and outlives this one. It ends at once when the data root has a proxy already. */
  async spawn(): Promise<void> {
    checkLength(this.files.socket);
    try {
      await mkdir(this.files.directory, { recursive: true, mode: 0o700 });
      // What Node itself says of a crash goes to the log too.
      await using output = await open(this.files.log, 'a', 0o600);
      const child = this.#start(output.fd);
      child.unref();
      await once(child, 'spawn');
    } catch (cause) {
      throw new ShoalError('unavailable', 'proxy process cannot be started', { cause });
    }
  }

  #start(outputFd: number): ChildProcess {
    const { directory } = this.files;
    return spawn(process.execPath, [...nodeFlags, entryPath(), directory, this.#build], {
      detached: true,
      stdio: ['ignore', outputFd, outputFd],
      // It holds no directory of its starter, and knows nothing of its environment.
      cwd: '/',
      env: { UV_THREADPOOL_SIZE: '1', NODE_COMPILE_CACHE: this.files.cache },
    });
  }
}

/** Each process binds its socket under a longer name of its own first. */
function checkLength(socket: string): void {
  const length = Buffer.byteLength(socket) + '.4194304'.length;
  if (length <= socketPathBytes) return;
  throw new ShoalError('unavailable', 'path of the data root is too long for a unix socket', {
    fields: { length, limit: socketPathBytes },
  });
}

/** `main.ts` in a checkout, `main.js` in a build: whichever kind this file is. */
function entryPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./main.${extension}`, import.meta.url));
}
