import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';

import { ShoalError } from '../../common/pure/errors.ts';
import { isErrno, readIfThere } from './files.ts';

/** Times a lock that changes hands at this moment is looked at again. */
const attemptsMax = 8;

/** The file `LOCK` of a folder: `pid start-time boot-id nonce` of the process that holds it. */
export class Lock implements AsyncDisposable {
  readonly #path: string;
  readonly #mine: string;
  #isHeld = true;

  private constructor(path: string, mine: string) {
    this.#path = path;
    this.#mine = mine;
  }

  /** @throws ShoalError `dataRootInUse {pid}` when a process that lives holds it */
  static async take(folder: string): Promise<Lock> {
    const path = `${folder}/LOCK`;
    const nonce = randomUUID();
    const mine = [process.pid, await startTime(process.pid), await bootId(), nonce].join(' ');
    const own = `${path}.${nonce}`;
    await fs.writeFile(own, `${mine}\n`, { flag: 'wx', mode: 0o600 });
    try {
      for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
        if (await linkExclusively(own, path)) return new Lock(path, mine);
        const holder = await readIfThere(path);
        if (holder === undefined) continue;
        await refuseLiving(holder);
        await dropStale(path, `${own}.stale`, holder);
      }
    } finally {
      await fs.rm(own, { force: true });
    }
    throw new ShoalError(
      'dataRootInUse',
      'the lock of the data root changes hands all the time: is another process starting?',
    );
  }

  /** Removes the file, if it is still this lock's. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if ((await readIfThere(this.#path))?.trim() === this.#mine) {
      await fs.rm(this.#path, { force: true });
    }
  }
}

async function linkExclusively(from: string, to: string): Promise<boolean> {
  try {
    await fs.link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function refuseLiving(holder: string): Promise<void> {
  const [pidText = '', started = '', boot = ''] = holder.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid < 1 || started === '') return;
  if (boot !== (await bootId()) || (await startTime(pid)) !== started) return;
  throw new ShoalError(
    'dataRootInUse',
    'another process uses this data root: stop it, or choose another --data-root',
    { fields: { pid } },
  );
}

/** Takes a lock away whose holder is gone; gives it back when it was another's, who took it in this very moment. */
async function dropStale(path: string, aside: string, holder: string): Promise<void> {
  try {
    await fs.rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readIfThere(aside)) !== holder) await linkExclusively(aside, path);
  await fs.rm(aside, { force: true });
}

/** Clock ticks after boot at which the process began (proc(5), field 22 of stat), or '' when there is no such process. */
async function startTime(pid: number): Promise<string> {
  const stat = await readIfThere(`/proc/${pid}/stat`).catch(() => undefined);
  if (stat === undefined) return '';
  const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended: only its parent has not looked yet.
  return state === 'Z' ? '' : (rest[18] ?? '');
}

/** Names this boot of the machine: start times of another one mean nothing. */
async function bootId(): Promise<string> {
  return ((await readIfThere('/proc/sys/kernel/random/boot_id')) ?? 'unknown').trim();
}
