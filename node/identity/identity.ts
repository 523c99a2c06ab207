import { dirname } from 'node:path';

import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { ClusterId, NodeId } from '../../common/pure/ids.ts';
import type { Disk } from '../../common/ports/disk.ts';

/** A manager of the swarm, as this node last heard of it. */
export interface KnownManager {
  readonly nodeId: NodeId;
  /** host:port of its cluster services. */
  readonly address: string;
  readonly raftId: number;
}

/** Who this node is in its swarm, and the keys that prove and protect it. Never logged. */
export interface Identity {
  readonly nodeId: NodeId;
  readonly clusterId: ClusterId;
  /** What the certificate says: the role that the node holds. */
  readonly role: 'manager' | 'worker';
  /** Number of this member in consensus: 48 bits, never used again after removal. 0 for a worker. */
  readonly raftId: number;
  /** Number of the member that began the cluster's log: a log is read with both. 0 for a worker. */
  readonly founderRaftId: number;
  /** Incarnation of the cluster, as last heard: whoever is of an older one is not listened to. */
  readonly incarnation: number;
  /** The manager has served: its log is there, or was lost. Never true for a worker. */
  readonly hasLog: boolean;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly trustRootPem: string;
  /** Encrypts the log and the snapshots of this node: 32 bytes. */
  readonly dataKey: Uint8Array;
  /** host:port under which other nodes find this one. */
  readonly advertiseAddress: string;
  /** host:port on which its manager listens, while it is one. */
  readonly listenAddress: string;
  /** The address book: all managers, this node too if it is one. */
  readonly managers: readonly KnownManager[];
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
  if (dataKey.length !== dataKeyBytes) throw damaged(path, undefined);
  const member = parseMember(fields, asId(text('nodeId')), text('advertiseAddress'));
  if (member === undefined) throw damaged(path, undefined);
  return {
    nodeId: asId(text('nodeId')),
    clusterId: asId(text('clusterId')),
    ...member,
    certificatePem: text('certificatePem'),
    privateKeyPem: text('privateKeyPem'),
    trustRootPem: text('trustRootPem'),
    dataKey,
    advertiseAddress: text('advertiseAddress'),
    listenAddress: text('listenAddress'),
  };
}

type Member = Pick<
  Identity,
  'role' | 'raftId' | 'founderRaftId' | 'incarnation' | 'hasLog' | 'managers'
>;

/** What the node is among the managers; undefined when that cannot be. A file without a role is of the time when every node had founded its swarm. */
function parseMember(
  fields: ReadonlyMap<string, unknown>,
  nodeId: NodeId,
  address: string,
): Member | undefined {
  const raftId = wholeNumber(fields.get('raftId'));
  if (!fields.has('role')) {
    if (raftId === undefined) return undefined;
    const managers = [{ nodeId, address, raftId }];
    return {
      role: 'manager',
      raftId,
      founderRaftId: raftId,
      incarnation: 1,
      hasLog: true,
      managers,
    };
  }
  const role = fields.get('role');
  const incarnation = wholeNumber(fields.get('incarnation'));
  const managers = parseManagers(fields.get('managers'));
  if (incarnation === undefined || managers === undefined) return undefined;
  if (role === 'worker')
    return { role, raftId: 0, founderRaftId: 0, incarnation, hasLog: false, managers };
  const founderRaftId = wholeNumber(fields.get('founderRaftId'));
  const hasLog = fields.get('hasLog');
  const isWhole = role === 'manager' && typeof hasLog === 'boolean';
  if (!isWhole || raftId === undefined || founderRaftId === undefined) return undefined;
  return { role, raftId, founderRaftId, incarnation, hasLog, managers };
}

function parseManagers(value: unknown): readonly KnownManager[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const managers = (value as readonly unknown[]).map(parseManager);
  return managers.every((manager) => manager !== undefined) ? managers : undefined;
}

function parseManager(value: unknown): KnownManager | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { nodeId, address, raftId } = value as Readonly<Record<string, unknown>>;
  const number = wholeNumber(raftId);
  if (typeof nodeId !== 'string' || typeof address !== 'string' || number === undefined)
    return undefined;
  return { nodeId: asId(nodeId), address, raftId: number };
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
