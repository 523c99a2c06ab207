// Shows that the consensus thread behaves as the port says: order, restart, and an end that is always told.
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FromConsensus } from '../../../manager/consensus/port.ts';
import { ThreadConsensusPort } from '../../../manager/consensus/thread/thread-port.ts';
import { AppliedLog, payload } from './applied-log.ts';
import { testKey, testOptions } from './member.ts';

let directory = '';

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'shoal-thread-')), 'raft');
});

afterEach(async () => {
  await rm(join(directory, '..'), { recursive: true, force: true });
});

class Member implements AsyncDisposable {
  readonly port: ThreadConsensusPort;
  readonly applied: AppliedLog;
  readonly heard: FromConsensus[] = [];
  readonly #waiting: { kind: FromConsensus['kind']; resolve(): void }[] = [];

  constructor(dataKey = testKey()) {
    this.port = new ThreadConsensusPort({ options: testOptions(directory), dataKey });
    this.applied = new AppliedLog(this.port);
    this.port.receive((message) => {
      this.heard.push(message);
      this.applied.take(message);
      for (const waiter of this.#waiting) if (waiter.kind === message.kind) waiter.resolve();
    });
  }

  async hears(kind: FromConsensus['kind']): Promise<void> {
    if (this.heard.some((message) => message.kind === kind)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ kind, resolve });
    await promise;
  }

  async stop(): Promise<void> {
    this.port.post({ kind: 'stop' });
    await this.hears('stopped');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.port[Symbol.asyncDispose]();
  }
}

describe('ThreadConsensusPort', () => {
  it('commits in order, survives a stop and leads in the next term', async () => {
    await using first = new Member();
    await first.hears('leadership');
    for (let count = 1; count <= 50; count += 1) {
      first.port.post({ kind: 'propose', requestId: count, term: 1, data: payload(1, count) });
    }
    first.port.post({ kind: 'readBarrier', requestId: 99 });
    await first.stop();
    await first.port.ended;
    const outcomes = first.heard.filter((message) => message.kind === 'outcome');
    expect(outcomes.map((message) => message.requestId)).toEqual(
      Array.from({ length: 50 }, (_, position) => position + 1),
    );

    await using second = new Member();
    await second.hears('leadership');
    expect(second.applied.names.get(51)).toBe('1.50');
    expect(second.heard.find((message) => message.kind === 'leadership')).toMatchObject({
      term: 2,
    });
    await second.stop();
  });

  it('carries an entry of many pages and leaves the sender its buffer', async () => {
    await using member = new Member();
    await member.hears('leadership');
    const data = new Uint8Array(200_000).fill(65);
    member.port.post({ kind: 'propose', requestId: 1, term: 0, data });
    await member.hears('outcome');
    await member.stop();
    expect(member.applied.names.get(2)).toBe('200000 A');
    expect(data).toHaveLength(200_000);
    expect(member.heard.find((message) => message.kind === 'outcome')).toMatchObject({
      outcome: 'committed',
    });
  });

  it('keeps its files to their owner', async () => {
    await using member = new Member();
    await member.hears('leadership');
    await member.stop();
    const modes = new Set<string>();
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      modes.add(`${entry.isDirectory() ? 'd' : 'f'}${(mode & 0o777).toString(8)}`);
    }
    expect([...modes].toSorted()).toEqual(['d700', 'f600']);
  });

  it('says that it failed when the key is wrong, the log damaged or the thread gone', async () => {
    {
      await using first = new Member();
      await first.hears('leadership');
      await first.stop();
    }
    await using wrongKey = new Member(new Uint8Array(32).fill(9));
    await wrongKey.hears('failed');
    expect(wrongKey.heard.at(-1)).toMatchObject({ kind: 'failed', code: 'corrupt' });

    const [segment] = await readdir(join(directory, 'wal'));
    await writeFile(join(directory, 'wal', segment ?? ''), 'not a log');
    await using damaged = new Member();
    await damaged.hears('failed');
    expect(damaged.heard.at(-1)).toMatchObject({ kind: 'failed', code: 'corrupt' });
  });

  it('turns an error of the thread into failed', async () => {
    await using member = new Member(new Uint8Array(5));
    await member.hears('failed');
    expect(member.heard).toHaveLength(1);
    expect(member.heard[0]).toMatchObject({ kind: 'failed', code: 'internal' });
    member.port.post({ kind: 'stop' });
    await member.port.ended;
    expect(member.heard).toHaveLength(1);
  });
});
