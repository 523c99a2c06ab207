import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';

import { ShoalError } from '../../common/pure/errors.ts';
import { isErrno, readIfThere } from './files.ts';

/** Times a lock that changes hands at this moment is looked at again. */
const attemptsMax = 8;

/** What is kept of the boot's id: a symbolic link holds 59 bytes without taking a block of the disk. */
const bootLength = 16;

/**
 * `LOCK` of a folder: a symbolic link to nowhere whose text is `pid start-time boot-id nonce` of the process that holds it.
 *
 * It is made in one step, is never seen half made, and needs no space, so a daemon starts on a full disk too.
 */
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
    const nonce = randomUUID().slice(-12);
    const mine = [process.pid, await startTime(process.pid), await bootId(), nonce].join(' ');
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      if (await linkExclusively(mine, path)) return new Lock(path, mine);
      const holder = await readLock(path);
      if (holder === undefined) continue;
      await refuseLiving(holder);
      await dropStale(path, `${path}.${nonce}.stale`, holder);
    }
    throw new ShoalError(
      'dataRootInUse',
      'the lock of the data root changes hands all the time: is another process starting?',
    );
  }

  /** Removes the link, if it is still this lock's. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if ((await readLock(this.#path)) === this.#mine) await fs.rm(this.#path, { force: true });
  }
}

async function linkExclusively(text: string, path: string): Promise<boolean> {
  try {
    await fs.symlink(text, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Undefined when there is none. Earlier versions wrote a file. */
async function readLock(path: string): Promise<string | undefined> {
  try {
    return await fs.readlink(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (isErrno(error, 'EINVAL')) return (await readIfThere(path))?.trim();
    throw error;
  }
}

async function refuseLiving(holder: string): Promise<void> {
  const [pidText = '', started = '', boot = ''] = holder.split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid < 1 || started === '') return;
  if (boot.slice(0, bootLength) !== (await bootId()) || (await startTime(pid)) !== started) return;
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
  const taken = await readLock(aside);
  if (taken !== undefined && taken !== holder) await linkExclusively(taken, path);
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
  const text = (await readIfThere('/proc/sys/kernel/random/boot_id')) ?? 'unknown';
  return text.slice(0, bootLength).trim();
}
