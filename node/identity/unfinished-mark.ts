import { dirname } from 'node:path';

import type { Disk } from '../../common/ports/disk.ts';

const fileName = 'unfinished';

/**
 * A file beside the identity that says: a founding or a leave is under way, so what lies here without an identity is waste.
 *
 * Without it, a log whose identity is missing was lost by someone, and is kept.
 */
export class UnfinishedMark {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  async isSet(): Promise<boolean> {
    return await this.#disk.exists(this.#path);
  }

  /** Durable once it resolves. */
  async set(): Promise<void> {
    await this.#disk.makeDirectory(this.#directory);
    await this.#disk.syncDirectory(dirname(this.#directory));
    if (await this.isSet()) return;
    await using _ = await this.#disk.open(this.#path, 'create');
    await this.#disk.syncDirectory(this.#directory);
  }

  /** A mark that comes back after a crash does no harm: beside an identity it says nothing. */
  async clear(): Promise<void> {
    await this.#disk.remove(this.#path);
  }

  get #path(): string {
    return `${this.#directory}/${fileName}`;
  }
}
