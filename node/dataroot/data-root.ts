import * as fs from 'node:fs/promises';

import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { readIfThere } from './files.ts';
import { Lock } from './lock.ts';

/** Layout that this build writes. One more with each change that an older build could not read. */
const layoutVersion = 1;

/** Folders of the data root; each has one owner. */
export interface DataRootPaths {
  readonly node: string;
  readonly raft: string;
  readonly worker: string;
  readonly proxy: string;
}

/**
 * The folder of all state, held by one process.
 *
 * `LOCK` names the holder by pid, start time and boot, so that a lock whose holder is gone (kill -9, power) is taken over at once, and a pid
 * that was given to another process meanwhile does not keep it.
 */
export class DataRoot implements AsyncDisposable {
  readonly path: string;
  readonly paths: DataRootPaths;
  readonly #lock: Lock;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.paths = {
      node: `${path}/node`,
      raft: `${path}/raft`,
      worker: `${path}/worker`,
      proxy: `${path}/proxy`,
    };
    this.#lock = lock;
  }

  /**
   * Makes the folder where it is missing (mode 0700), checks its version, and locks it.
   * @throws ShoalError `dataRootTooNew`, `dataRootInUse {pid}`, `corrupt`, `storageFailed`
   */
  static async open(path: string): Promise<DataRoot> {
    try {
      await fs.mkdir(path, { recursive: true, mode: 0o700 });
      await checkVersion(path);
      return new DataRoot(path, await Lock.take(path));
    } catch (error) {
      if (isShoalError(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new ShoalError('storageFailed', `the data root cannot be used: ${why}`, {
        fields: { path },
        cause: error,
      });
    }
  }

  /** Lets go of the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }
}

async function checkVersion(path: string): Promise<void> {
  const file = `${path}/VERSION`;
  const text = await readIfThere(file);
  if (text === undefined) {
    await writeVersion(path, file);
    return;
  }
  const version = Number(text.trim());
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new ShoalError(
      'corrupt',
      'the file VERSION of the data root is damaged: restore it, or choose another --data-root',
      { fields: { path } },
    );
  }
  if (version > layoutVersion) {
    throw new ShoalError(
      'dataRootTooNew',
      'the data root was written by a newer version: upgrade this node',
      { fields: { path, version, supported: layoutVersion } },
    );
  }
}

/** First file of a new root, and durable before any other. */
async function writeVersion(path: string, file: string): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  {
    await using handle = await fs.open(fresh, 'w', 0o600);
    await handle.writeFile(`${layoutVersion}\n`);
    await handle.sync();
  }
  await fs.rename(fresh, file);
  await using directory = await fs.open(path, 'r');
  await directory.sync();
}
