import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FromConsensus, Leadership } from '../../../manager/consensus/port.ts';
import { driverOptions, type DriverOptions } from '../../../manager/consensus/options.ts';
import { ThreadConsensusPort } from '../../../manager/consensus/thread/thread-port.ts';
import type { TransportConfig } from '../../../manager/consensus/transport/config.ts';
import { paddedId, type TestAuthority } from '../../lib/certificates.ts';
import { freePort } from '../../lib/sockets.ts';

/** One member in its own thread, with a main that applies all that it is given. */
export class ThreadMember implements AsyncDisposable {
  readonly id: number;
  readonly config: TransportConfig;
  readonly port: ThreadConsensusPort;
  readonly heard: FromConsensus[] = [];
  readonly texts: string[] = [];
  leadership: Leadership | undefined;
  appliesAll = true;
  /** Whether main answers when it is told how far the others are. */
  answers = true;
  #requestId = 0;
  readonly #wakes = new Set<() => void>();
  readonly #snapshot: string[] = [];

  constructor(config: TransportConfig, options: DriverOptions) {
    this.id = config.raftId;
    this.config = config;
    this.port = new ThreadConsensusPort({
      options,
      dataKey: new Uint8Array(32).fill(this.id),
      transport: config,
    });
    this.port.receive((message) => {
      this.#take(message);
      for (const wake of this.#wakes) wake();
    });
    this.port.post({ kind: 'credit', entries: 1_000_000, bytes: 1_000_000_000 });
  }

  propose(text: string): number {
    this.#requestId += 1;
    const data = new TextEncoder().encode(text);
    this.port.post({ kind: 'propose', requestId: this.#requestId, term: 0, data });
    return this.#requestId;
  }

  outcomeOf(requestId: number): string | undefined {
    const found = this.heard.find(
      (message) => message.kind === 'outcome' && message.requestId === requestId,
    );
    return found?.kind === 'outcome' ? found.outcome : undefined;
  }

  /** Looks again with each message until `look` gives something. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakes.add(resolve);
      await promise;
      this.#wakes.delete(resolve);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.port[Symbol.asyncDispose]();
  }

  #take(message: FromConsensus): void {
    this.heard.push(message);
    if (message.kind === 'leadership') this.leadership = message;
    if (message.kind === 'snapshotWanted') this.#cut();
    if (message.kind === 'progress' && this.answers) this.port.post({ kind: 'alive' });
    if (message.kind === 'snapshotChunk')
      this.#takeChunk(message.data, message.index, message.last);
    if (message.kind !== 'committed' || !this.appliesAll) return;
    for (const { data, index } of message.entries) {
      if (data.length > 0) this.texts.push(new TextDecoder().decode(data));
      this.port.post({ kind: 'applied', index });
      this.#applied = { index, term: message.entries.at(-1)?.term ?? 0 };
    }
  }

  #applied = { index: 0, term: 0 };

  #takeChunk(data: Uint8Array, index: number, last: boolean): void {
    this.#snapshot.push(new TextDecoder().decode(data));
    if (!last) return;
    this.texts.splice(0, this.texts.length, ...this.#snapshot.join('').split('\n').filter(Boolean));
    this.#snapshot.length = 0;
    this.port.post({ kind: 'applied', index });
  }

  #cut(): void {
    const bytes = new TextEncoder().encode(this.texts.join('\n'));
    const pieceBytes = 500_000;
    for (let at = 0; at < Math.max(1, bytes.length); at += pieceBytes) {
      const last = at + pieceBytes >= bytes.length;
      const data = bytes.slice(at, at + pieceBytes);
      this.port.post({ kind: 'snapshotChunk', ...this.#applied, data, last });
    }
  }
}

/** Members on this machine, each in its own thread, talking over real sockets. */
export class ThreadGroup implements AsyncDisposable {
  readonly members: ThreadMember[] = [];
  readonly #authority: TestAuthority;
  readonly #directory: string;
  readonly #changes: Partial<DriverOptions>;

  private constructor(
    authority: TestAuthority,
    directory: string,
    changes: Partial<DriverOptions>,
  ) {
    this.#authority = authority;
    this.#directory = directory;
    this.#changes = changes;
  }

  static async start(
    authority: TestAuthority,
    changes: Partial<DriverOptions> = {},
    size = 3,
  ): Promise<ThreadGroup> {
    const directory = await mkdtemp(join(tmpdir(), 'shoal-group-'));
    const group = new ThreadGroup(authority, directory, changes);
    const voters = Array.from({ length: size }, (_, at) => at + 1);
    const configs: TransportConfig[] = [];
    for (const id of voters) configs.push(await group.config(id));
    for (const config of configs) group.begin(config, voters);
    group.introduce();
    return group;
  }

  async config(id: number, change: Partial<TransportConfig> = {}): Promise<TransportConfig> {
    const nodeId = paddedId<'node'>(`n${id}`);
    const port = await freePort();
    const credentials = await this.#authority.issue({ nodeId, role: 'manager', raftId: id });
    return {
      certificatePem: credentials.certificatePem,
      privateKeyPem: credentials.privateKeyPem,
      trustRootPem: credentials.trustRootPem,
      listen: { host: '127.0.0.1', port },
      advertise: `127.0.0.1:${port}`,
      nodeId,
      raftId: id,
      clusterId: this.#authority.clusterId,
      incarnation: 1,
      ...change,
    };
  }

  begin(config: TransportConfig, voters: readonly number[]): ThreadMember {
    const options = driverOptions(
      {
        directory: join(this.#directory, String(config.raftId)),
        clusterId: 'c',
        memberId: config.raftId,
      },
      { ...this.#changes, voters },
    );
    const member = new ThreadMember(config, options);
    this.members.push(member);
    return member;
  }

  /** Tells everybody where all are. */
  introduce(removed: readonly number[] = []): void {
    for (const member of this.members) {
      const peers = this.members
        .filter(({ id }) => id !== member.id)
        .map(({ id, config }) => ({ id, nodeId: config.nodeId, address: config.advertise }));
      member.port.post({ kind: 'peers', peers, removed });
    }
  }

  async leader(): Promise<ThreadMember> {
    return await Promise.any(
      this.members.map((member) =>
        member.until(() => (member.leadership?.self === true ? member : undefined)),
      ),
    );
  }

  /** Ends a member as a crash would. */
  async kill(member: ThreadMember): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1);
    await member[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.members) await member[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
