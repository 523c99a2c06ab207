import type { Random } from '../../common/pure/random.ts';

/** What a disk writes as a whole or not at all. */
const sectorBytes = 512;

/**
 * One file's bytes, twice: as the process sees them and as the medium holds them. Sectors of zeros take no memory, so a
 * pre-filled file costs nothing. A stored sector is never changed, only replaced.
 */
export class SectorFile {
  readonly #live = new Map<number, Uint8Array>();
  readonly #durable = new Map<number, Uint8Array>();
  readonly #dirty = new Set<number>();
  #liveBytes = 0;
  #durableBytes = 0;

  /** Length as the process sees it. */
  get bytes(): number {
    return this.#liveBytes;
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.#liveBytes);
    const result = new Uint8Array(Math.max(0, end - offset));
    forEachSector(offset, end, (sector, from, to) => {
      const stored = this.#live.get(sector);
      if (stored === undefined) return;
      result.set(stored.subarray(from, to), sector * sectorBytes + from - offset);
    });
    return result;
  }

  write(offset: number, bytes: Uint8Array): void {
    forEachSector(offset, offset + bytes.length, (sector, from, to) => {
      const start = sector * sectorBytes + from - offset;
      this.#replace(sector, from, bytes.subarray(start, start + to - from));
    });
    this.#liveBytes = Math.max(this.#liveBytes, offset + bytes.length);
  }

  truncate(bytes: number): void {
    if (bytes < this.#liveBytes) this.write(bytes, new Uint8Array(this.#liveBytes - bytes));
    this.#liveBytes = bytes;
  }

  /** Makes bytes and length durable. */
  sync(): void {
    for (const sector of this.#dirty) put(this.#durable, sector, this.#live.get(sector));
    this.#dirty.clear();
    this.#durableBytes = this.#liveBytes;
  }

  /** What a failed sync does: the bytes stay readable and will never be written. */
  forgetDirty(): void {
    this.#dirty.clear();
  }

  /** Cuts the power. */
  crash(random: Random): void {
    for (const sector of this.#dirty) this.#loseSector(sector, random);
    this.#dirty.clear();
    if (this.#liveBytes !== this.#durableBytes && random.below(2) === 0) {
      this.#durableBytes = this.#liveBytes;
    }
    cut(this.#durable, this.#durableBytes);
    this.#live.clear();
    for (const [sector, stored] of this.#durable) this.#live.set(sector, stored);
    this.#liveBytes = this.#durableBytes;
  }

  /** Flips the bits of `mask` in one byte, in cache and on the medium. */
  flip(offset: number, mask: number): void {
    const sector = Math.floor(offset / sectorBytes);
    for (const store of [this.#live, this.#durable]) {
      const copy = copyOf(store.get(sector));
      const position = offset % sectorBytes;
      copy[position] = (copy[position] ?? 0) ^ mask;
      put(store, sector, copy);
    }
  }

  #replace(sector: number, from: number, part: Uint8Array): void {
    const copy = copyOf(this.#live.get(sector));
    copy.set(part, from);
    put(this.#live, sector, copy);
    this.#dirty.add(sector);
  }

  #loseSector(sector: number, random: Random): void {
    const fate = random.below(3);
    if (fate === 0) put(this.#durable, sector, this.#live.get(sector));
    if (fate === 1) this.#durable.delete(sector);
  }
}

function copyOf(stored: Uint8Array | undefined): Uint8Array {
  return stored === undefined ? new Uint8Array(sectorBytes) : stored.slice();
}

/** Stores a sector; one of zeros is not kept. */
function put(
  store: Map<number, Uint8Array>,
  sector: number,
  content: Uint8Array | undefined,
): void {
  if (content === undefined || content.every((byte) => byte === 0)) store.delete(sector);
  else store.set(sector, content);
}

/** Drops what lies beyond `bytes`. */
function cut(store: Map<number, Uint8Array>, bytes: number): void {
  for (const [sector, content] of store) {
    const keep = bytes - sector * sectorBytes;
    if (keep <= 0) store.delete(sector);
    else if (keep < sectorBytes) {
      const copy = content.slice();
      copy.fill(0, keep);
      put(store, sector, copy);
    }
  }
}

/** Calls `action` with each sector that [start, end) touches and the part of it, as offsets within the sector. */
function forEachSector(
  start: number,
  end: number,
  action: (sector: number, from: number, to: number) => void,
): void {
  for (let position = start; position < end;) {
    const sector = Math.floor(position / sectorBytes);
    const next = Math.min(end, (sector + 1) * sectorBytes);
    action(sector, position - sector * sectorBytes, next - sector * sectorBytes);
    position = next;
  }
}
