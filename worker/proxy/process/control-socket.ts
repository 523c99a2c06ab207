import { rename, rm, stat } from 'node:fs/promises';
import type { ByteStream, Net, StreamListener } from '../../../common/ports/net.ts';
import { isShoalError } from '../../../common/pure/errors.ts';
import type { ProxyFiles } from './files.ts';

/** Whose socket stands at the control socket's name. */
export type SocketState = 'ours' | 'not ours' | 'folder gone';

/**
 * The control socket of this process at its well-known name.
 *
 * It is bound under a name of its own and then renamed, so that it replaces what a dead proxy left in one step, and so
 * that closing it (which removes the name it was bound to) never takes away the socket of a successor.
 */
export class ControlSocket implements AsyncDisposable {
  readonly #files: ProxyFiles;
  readonly #listener: StreamListener;
  readonly #inode: number;

  private constructor(files: ProxyFiles, listener: StreamListener, inode: number) {
    this.#files = files;
    this.#listener = listener;
    this.#inode = inode;
  }

  static async listen(
    files: ProxyFiles,
    net: Net,
    accept: (stream: ByteStream) => void,
  ): Promise<ControlSocket> {
    const path = `${files.socket}.${String(process.pid)}`;
    await rm(path, { force: true });
    const listener = await net.listen({ kind: 'unix', path }, accept);
    const { ino } = await stat(path);
    await rename(path, files.socket);
    return new ControlSocket(files, listener, ino);
  }

  async state(): Promise<SocketState> {
    if ((await inodeOf(this.#files.directory)) === undefined) return 'folder gone';
    return (await inodeOf(this.#files.socket)) === this.#inode ? 'ours' : 'not ours';
  }

  /** Lets a successor take the name. Connections that were accepted live on. Harmless when done twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if ((await this.state()) === 'ours') await rm(this.#files.socket, { force: true });
    await this.#listener.close();
  }
}

/** True when a proxy already answers for this data root. */
export async function isServed(files: ProxyFiles, net: Net, signal: AbortSignal): Promise<boolean> {
  try {
    const stream = await net.dial({ kind: 'unix', path: files.socket }, signal);
    stream.destroy();
    return true;
  } catch (error) {
    if (!isShoalError(error)) throw error;
    return false;
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    const { ino } = await stat(path);
    return ino;
  } catch {
    return undefined;
  }
}
