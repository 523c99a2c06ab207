import type { Disk } from '../../common/ports/disk.ts';
import type { Log } from '../../common/ports/log.ts';
import { concatBytes } from '../../common/pure/bytes.ts';
import { crc32 } from '../../common/pure/crc.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import {
  decodeProxyEndpoints,
  encodeProxyEndpoints,
  type ProxyEndpoints,
} from '../../proto/gen/node.ts';

/** "SHPE" and the version of the format, both 32 bits, little endian; then the CRC-32 of the payload, then the payload. */
const magic = 0x45504853;
const formatVersion = 1;
const headerBytes = 12;

/**
 * The endpoints that the proxy served last, kept for its next start.
 *
 * It is a memory and no source of truth: not synced, and one that cannot be read is as good as none. The daemon sends
 * what is true as soon as it is there.
 */
export class SnapshotFile {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #log: Log;

  constructor(disk: Disk, path: string, log: Log) {
    this.#disk = disk;
    this.#path = path;
    this.#log = log;
  }

  /** Undefined when there is none that can be used. */
  async load(): Promise<ProxyEndpoints | undefined> {
    try {
      const bytes = await this.#disk.readFile(this.#path);
      const endpoints = decode(bytes);
      if (endpoints === undefined) this.#log.at('warn', 'endpoint snapshot is damaged', {});
      return endpoints;
    } catch (error) {
      if (!isShoalError(error)) throw error;
      if (error.code !== 'notFound')
        this.#log.at('warn', 'endpoint snapshot cannot be read', { error });
      return undefined;
    }
  }

  /** Replaces the file as a whole. A failure is logged: the next start then serves later, or as before. */
  async save(endpoints: ProxyEndpoints): Promise<void> {
    const next = `${this.#path}.new`;
    try {
      await this.#disk.remove(next);
      await using file = await this.#disk.open(next, 'create');
      await file.write(0, encode(endpoints));
      await file.close();
      await this.#disk.rename(next, this.#path);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      this.#log.at('warn', 'endpoint snapshot cannot be written', { error });
    }
  }

  async remove(): Promise<void> {
    try {
      await this.#disk.remove(this.#path);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      this.#log.at('warn', 'endpoint snapshot cannot be removed', { error });
    }
  }
}

function encode(endpoints: ProxyEndpoints): Uint8Array {
  const payload = encodeProxyEndpoints(endpoints);
  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint32(0, magic, true);
  header.setUint32(4, formatVersion, true);
  header.setUint32(8, crc32(payload), true);
  return concatBytes([new Uint8Array(header.buffer), payload]);
}

function decode(bytes: Uint8Array): ProxyEndpoints | undefined {
  if (bytes.length < headerBytes) return undefined;
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const payload = bytes.subarray(headerBytes);
  const isWhole =
    header.getUint32(0, true) === magic &&
    header.getUint32(4, true) === formatVersion &&
    header.getUint32(8, true) === crc32(payload);
  return isWhole ? decodeProxyEndpoints(payload) : undefined;
}
