import * as fs from 'node:fs/promises';

import { isShoalError, ShoalError } from '../../common/pure/errors.ts';

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
 * `LOCK` names the holder by pid and start time, so that a lock whose holder is gone (kill -9, power) is taken over at once, and a pid that was given
 * to another process meanwhile does not keep it.
 */
export class DataRoot implements AsyncDisposable {
  readonly path: string;
  readonly paths: DataRootPaths;
  readonly #lockPath: string;
  #held = true;

  private constructor(path: string) {
    this.path = path;
    this.paths = {
      node: `${path}/node`,
      raft: `${path}/raft`,
      worker: `${path}/worker`,
      proxy: `${path}/proxy`,
    };
    this.#lockPath = `${path}/LOCK`;
  }

  /**
   * Makes the folder where it is missing (mode 0700), checks its version, and locks it.
   * @throws ShoalError `dataRootTooNew`, `dataRootInUse {pid}`, `storageFailed`
   */
  static async open(path: string): Promise<DataRoot> {
    try {
      await fs.mkdir(path, { recursive: true, mode: 0o700 });
      await checkVersion(path);
      const root = new DataRoot(path);
      await takeLock(root.#lockPath);
      return root;
    } catch (error) {
      if (isShoalError(error)) throw error;
      throw new ShoalError(
        'storageFailed',
        `the data root cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        {
          fields: { path },
          cause: error,
        },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await fs.rm(this.#lockPath, { force: true });
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
      {
        fields: { path, version, supported: layoutVersion },
      },
    );
  }
}

/** First file of a new root, and durable before any other. */
async function writeVersion(path: string, file: string): Promise<void> {
  const handle = await fs.open(`${file}.new`, 'w', 0o600);
  await handle.writeFile(`${layoutVersion}\n`);
  await handle.sync();
  await handle.close();
  await fs.rename(`${file}.new`, file);
  const directory = await fs.open(path, 'r');
  await directory.sync();
  await directory.close();
}

/** Tries again when a stale lock vanished between two looks. */
async function takeLock(lockPath: string): Promise<void> {
  const mine = `${process.pid} ${await startTime(process.pid)}\n`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await createExclusively(lockPath, mine)) return;
    const holder = await readIfThere(lockPath);
    if (holder === undefined) continue;
    const [pidText = '', started = ''] = holder.trim().split(' ');
    const pid = Number(pidText);
    if (
      pid !== process.pid &&
      Number.isSafeInteger(pid) &&
      pid > 0 &&
      (await startTime(pid)) === started
    ) {
      throw new ShoalError(
        'dataRootInUse',
        'another process uses this data root: stop it, or choose another --data-root',
        { fields: { pid } },
      );
    }
    await fs.rm(lockPath, { force: true });
  }
  throw new ShoalError(
    'dataRootInUse',
    'the lock of the data root changes hands all the time: is another process starting?',
  );
}

async function createExclusively(path: string, content: string): Promise<boolean> {
  try {
    await fs.writeFile(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await fs.readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Clock ticks after boot at which the process began (proc(5), field 22 of stat), or '' when there is no such process. */
async function startTime(pid: number): Promise<string> {
  const stat = await readIfThere(`/proc/${pid}/stat`).catch(() => undefined);
  if (stat === undefined) return '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
