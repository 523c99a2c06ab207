import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Log } from '../../common/ports/log.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { type DiskRoom, shortageText, stepRoom, unknownRoom } from '../lifecycle/disk-room.ts';

interface DiskWatchParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** The data root. */
  readonly path: string;
}

/** Looks now and then how much is free where the data root lies, and says once when that changes what users may do. */
export class DiskWatch {
  readonly #parts: DiskWatchParts;
  #room: DiskRoom = unknownRoom;
  #isBlind = false;

  constructor(parts: DiskWatchParts) {
    this.#parts = parts;
  }

  /** Bytes that were free at the last look; 0 before the first. */
  get freeBytes(): number {
    return this.#room.freeBytes ?? 0;
  }

  /** In words, while changes are refused. */
  get shortage(): string | undefined {
    return shortageText(this.#room, this.#parts.path);
  }

  /** What users are told who want to change something; undefined when they may. */
  refusal(): ShoalError | undefined {
    const text = this.shortage;
    return text === undefined ? undefined : new ShoalError('diskFull', text);
  }

  /** @throws the signal's reason once `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#parts.clock.sleep(limits.diskLookMs, signal);
      await this.look();
    }
  }

  /** Looks once. What cannot be seen is taken to be as it was. */
  async look(): Promise<void> {
    const { disk, log, path } = this.#parts;
    try {
      const room = stepRoom(this.#room, await disk.freeBytes(path));
      const hasTurned = room.isShort !== this.#room.isShort;
      this.#room = room;
      this.#isBlind = false;
      if (!hasTurned) return;
      const fields = { path, freeBytes: room.freeBytes };
      if (room.isShort) log.at('error', 'the disk is nearly full: changes are refused', fields);
      else log.at('info', 'the disk has room again: changes are taken', fields);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      if (!this.#isBlind) log.at('warn', 'free space cannot be read', { path, error });
      this.#isBlind = true;
    }
  }
}
