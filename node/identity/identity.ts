import { dirname } from 'node:path';

import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { ClusterId, NodeId } from '../../common/pure/ids.ts';
import type { Disk } from '../../common/ports/disk.ts';

/** Who this node is in its swarm, and the keys that prove and protect it. Never logged. */
export interface Identity {
  readonly nodeId: NodeId;
  readonly clusterId: ClusterId;
  /** Number of this member in consensus: 48 bits, never used again after removal. */
  readonly raftId: number;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly trustRootPem: string;
  /** Encrypts the log and the snapshots of this node: 32 bytes. */
  readonly dataKey: Uint8Array;
  /** host:port under which other nodes would find this one. */
  readonly advertiseAddress: string;
  readonly listenAddress: string;
}

const fileVersion = 1;
const fileName = 'identity.json';
const dataKeyBytes = 32;

/** The node's identity as one atomic file of mode 0600 in `directory`: all of it is there, or nothing. */
export class IdentityFile {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /**
   * Undefined when there is none.
   * @throws ShoalError `corrupt` with what to do when the file is there but cannot be read; `dataRootTooNew`
   */
  async load(): Promise<Identity | undefined> {
    const path = this.#path;
    let bytes: Uint8Array;
    try {
      bytes = await this.#disk.readFile(path);
    } catch (error) {
      if (isShoalError(error, 'notFound')) return undefined;
      throw error;
    }
    return parseIdentity(bytes, path);
  }

  /** Durable once it resolves. */
  async save(identity: Identity): Promise<void> {
    await this.#disk.makeDirectory(this.#directory);
    await this.#disk.syncDirectory(dirname(this.#directory));
    const fresh = `${this.#path}.new`;
    await this.#disk.remove(fresh);
    await using file = await this.#disk.open(fresh, 'create');
    await file.write(0, Buffer.from(JSON.stringify(toJson(identity), undefined, 2)));
    await file.sync();
    await this.#disk.rename(fresh, this.#path);
    await this.#disk.syncDirectory(this.#directory);
  }

  /** Forgets the identity for good. Harmless when there is none. */
  async remove(): Promise<void> {
    if (!(await this.#disk.exists(this.#path))) return;
    await this.#disk.remove(this.#path);
    await this.#disk.syncDirectory(this.#directory);
  }

  get #path(): string {
    return `${this.#directory}/${fileName}`;
  }
}

function toJson(identity: Identity): Record<string, unknown> {
  return {
    version: fileVersion,
    ...identity,
    dataKey: Buffer.from(identity.dataKey).toString('base64'),
  };
}

function parseIdentity(bytes: Uint8Array, path: string): Identity {
  const fields = parseFields(bytes, path);
  const text = (name: string): string => {
    const value = fields.get(name);
    if (typeof value !== 'string') throw damaged(path, undefined);
    return value;
  };
  const version = wholeNumber(fields.get('version'));
  if (version === undefined) throw damaged(path, undefined);
  if (version > fileVersion) {
    throw new ShoalError(
      'dataRootTooNew',
      'the identity file was written by a newer version: upgrade this node',
      { fields: { path } },
    );
  }
  const dataKey = new Uint8Array(Buffer.from(text('dataKey'), 'base64'));
  const raftId = wholeNumber(fields.get('raftId'));
  if (dataKey.length !== dataKeyBytes || raftId === undefined) throw damaged(path, undefined);
  return {
    nodeId: asId(text('nodeId')),
    clusterId: asId(text('clusterId')),
    raftId,
    certificatePem: text('certificatePem'),
    privateKeyPem: text('privateKeyPem'),
    trustRootPem: text('trustRootPem'),
    dataKey,
    advertiseAddress: text('advertiseAddress'),
    listenAddress: text('listenAddress'),
  };
}

function parseFields(bytes: Uint8Array, path: string): ReadonlyMap<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (typeof content !== 'object' || content === null) throw damaged(path, undefined);
  return new Map(Object.entries(content));
}

/** A whole number from 1 on, or undefined. */
function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

function damaged(path: string, cause: unknown): ShoalError {
  return new ShoalError(
    'corrupt',
    'the identity file is damaged: restore it from a backup, or leave the swarm with --force and join again',
    {
      fields: { path },
      cause,
    },
  );
}
