import { seededRandom } from '../../common/pure/random.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { DriverPorts } from '../../manager/consensus/driver.ts';
import { noPeers } from '../../manager/consensus/peers.ts';
import { NodeLogCipher } from '../../manager/consensus/thread/node-cipher.ts';
import { driverOptions, type DriverOptions } from '../../manager/consensus/options.ts';
import { LocalConsensusPort } from '../../manager/consensus/local-port.ts';
import { type LogCipher, NonceSource } from '../../manager/consensus/wal/cipher.ts';
import { type LogOptions, WriteAheadLog } from '../../manager/consensus/wal/log.ts';
import type { CommittedEntry, FromConsensus, ToConsensus } from '../../manager/consensus/port.ts';
import type { ChangeType } from '../../manager/raft/confchange/change.ts';
import type { Entry } from '../../manager/raft/entry.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { VirtualClock } from './virtual-clock.ts';

export const clusterId: string = 'c'.repeat(25);
export const memberId = 0x1234_5678_9abc;

/** Entropy that repeats: for golden files and runs from a seed. */
export function fixedEntropy(seed: number): Entropy {
  const random = seededRandom(seed);
  return { bytes: (length) => Uint8Array.from({ length }, () => random.below(256)) };
}

/** The real cipher under a key of the test's. */
export function testCipher(fill = 7): LogCipher {
  return new NodeLogCipher(new Uint8Array(32).fill(fill));
}

/** Small segments, so that a short test sees several. */
export const smallLog: LogOptions = {
  directory: '/raft/wal',
  clusterId,
  memberId,
  voters: [memberId],
  segmentBytes: 64 * 512,
  groupBytes: 4096,
};

export async function openLog(
  disk: MemoryDisk,
  options: Partial<LogOptions> & { readonly entropySeed?: number; readonly keyFill?: number } = {},
): Promise<WriteAheadLog> {
  await disk.makeDirectory('/raft/wal');
  await disk.syncDirectory('/raft');
  await disk.syncDirectory('/');
  const nonces = new NonceSource(fixedEntropy(options.entropySeed ?? 1));
  return await WriteAheadLog.open(
    { ...smallLog, ...options },
    { disk, cipher: testCipher(options.keyFill), nonces },
  );
}

/** An entry whose bytes tell its index. */
export function entryAt(index: number, term = 1, bytes = 20): Entry {
  const text = `entry ${index} of term ${term} `.padEnd(bytes, '.');
  return { index, term, type: 'EntryNormal', data: new TextEncoder().encode(text) };
}

export function entriesFrom(first: number, count: number, term = 1): Entry[] {
  return Array.from({ length: count }, (_, offset) => entryAt(first + offset, term));
}

/** What a lone member touches the world with. */
export function lonePorts(
  disk: Disk,
  entropySeed: number,
  clock: Clock = new VirtualClock(),
): DriverPorts {
  const entropy = fixedEntropy(entropySeed);
  return { disk, entropy, cipher: testCipher(), clock, peers: noPeers };
}

/** Main's end of an in-process consensus, with everything that it heard. */
export class ConsensusProbe {
  readonly port: LocalConsensusPort;
  readonly heard: FromConsensus[] = [];
  /** Whether it says of all entries at once that they are applied, gives their credit back, and sends the snapshots that are wanted. */
  appliesAll = false;
  /** Whether main answers when it is told how far the others are. */
  answers = true;
  #applied = { index: 0, term: 0 };
  #chunks: Uint8Array[] = [];
  /** Text of each entry by index, as applied or as a snapshot told; kept only when it applies all. */
  state = new Map<number, string>();
  #requestId = 0;

  constructor(
    disk: MemoryDisk,
    changes: Partial<DriverOptions> = {},
    entropySeed = 1,
    ports: DriverPorts = lonePorts(disk, entropySeed),
  ) {
    const options = driverOptions(
      { directory: '/raft', clusterId, memberId },
      { segmentBytes: 64 * 512, groupBytes: 4096, ...changes },
    );
    this.port = new LocalConsensusPort(options, ports);
    this.port.receive((message) => {
      this.heard.push(message);
      if (message.kind === 'snapshotChunk') this.#takeChunk(message);
      if (message.kind === 'committed' && this.appliesAll) this.#apply(message.entries);
      if (message.kind === 'snapshotWanted' && this.appliesAll) this.#sendSnapshot();
      if (message.kind === 'progress' && this.answers) this.post({ kind: 'alive' });
    });
  }

  post(message: ToConsensus): void {
    this.port.post(message);
  }

  credit(entries = 1000, bytes = 1_000_000): void {
    this.post({ kind: 'credit', entries, bytes });
  }

  /** Applies all that it was given and did not apply, and goes on doing so. */
  catchUp(): void {
    this.appliesAll = true;
    for (const { entries } of this.all('committed')) {
      const late = entries.filter(({ index }) => index > this.#applied.index);
      if (late.length > 0) this.#apply(late);
    }
  }

  #apply(entries: readonly CommittedEntry[]): void {
    for (const { index, data } of entries) this.state.set(index, new TextDecoder().decode(data));
    this.#applied = entries.at(-1) ?? this.#applied;
    this.post({ kind: 'applied', index: this.#applied.index });
    const bytes = entries.reduce((sum, { data }) => sum + data.length, 0);
    this.credit(entries.length, bytes);
  }

  #sendSnapshot(): void {
    const { index, term } = this.#applied;
    const data = new TextEncoder().encode(JSON.stringify([...this.state]));
    const half = Math.floor(data.length / 2);
    const at = { kind: 'snapshotChunk', index, term } as const;
    this.post({ ...at, data: data.slice(0, half), last: false });
    this.post({ ...at, data: data.slice(half), last: true });
  }

  #takeChunk({ index, term, data, last }: Extract<FromConsensus, { kind: 'snapshotChunk' }>): void {
    this.#chunks.push(data);
    if (!last) return;
    const text = new TextDecoder().decode(Buffer.concat(this.#chunks));
    this.#chunks = [];
    if (this.appliesAll) this.state = new Map(JSON.parse(text) as [number, string][]);
    this.#applied = { index, term };
    this.post({ kind: 'applied', index });
  }

  /** Proposes and gives the request's id. */
  propose(text: string, term = 0): number {
    this.#requestId += 1;
    const data = new TextEncoder().encode(text);
    this.post({ kind: 'propose', requestId: this.#requestId, term, data });
    return this.#requestId;
  }

  /** Asks for one change of the configuration and gives the request's id. */
  changeMembers(type: ChangeType, nodeId: number): number {
    this.#requestId += 1;
    const change = { transition: 'ConfChangeTransitionAuto', changes: [{ type, nodeId }] } as const;
    this.post({ kind: 'changeMembers', requestId: this.#requestId, term: 0, change });
    return this.#requestId;
  }

  all<Kind extends FromConsensus['kind']>(kind: Kind): Extract<FromConsensus, { kind: Kind }>[] {
    return this.heard.filter(
      (message): message is Extract<FromConsensus, { kind: Kind }> => message.kind === kind,
    );
  }

  /** Texts of the committed entries; those of consensus itself are empty. */
  get texts(): string[] {
    return this.all('committed').flatMap((message) =>
      message.entries.map((entry) => new TextDecoder().decode(entry.data)),
    );
  }

  outcomeOf(requestId: number): string | undefined {
    return this.all('outcome').find((message) => message.requestId === requestId)?.outcome;
  }

  /** Lets all that is ready run until `condition` holds. @throws when it does not come to hold. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2000; turn += 1) {
      if (condition()) return;
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    throw new Error(`never came to hold; heard ${JSON.stringify(this.heard.slice(-5))}`);
  }

  async untilLeader(): Promise<void> {
    await this.until(() => this.all('leadership').length > 0);
  }

  async stop(): Promise<void> {
    this.post({ kind: 'stop' });
    await this.port.done;
  }
}
