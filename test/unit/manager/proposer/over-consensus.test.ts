// The proposer over the real consensus of one member, on a disk in memory: what was acknowledged is there after a crash, with and
// without a snapshot in between.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { driverOptions, type DriverOptions } from '../../../../manager/consensus/options.ts';
import { LocalConsensusPort } from '../../../../manager/consensus/local-port.ts';
import { Proposer } from '../../../../manager/proposer/proposer.ts';
import { stateHash } from '../../../../manager/store/snapshot.ts';
import { Store } from '../../../../manager/store/store.ts';
import { newClaim } from '../../../../proto/gen/changeset.ts';
import { clusterId, lonePorts, memberId } from '../../../lib/consensus.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';
import { silentLog } from '../../../lib/proposer-rig.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

/** One life of a member's process. */
class Life {
  readonly store = new Store();
  readonly clock = new VirtualClock();
  readonly proposer: Proposer;
  readonly signal: AbortSignal = new AbortController().signal;

  constructor(disk: MemoryDisk, changes: Partial<DriverOptions>) {
    const options = driverOptions({ directory: '/raft', clusterId, memberId }, changes);
    const { store, clock } = this;
    const ports = lonePorts(disk, 1, clock);
    const consensus = new LocalConsensusPort(options, ports);
    this.proposer = new Proposer({ consensus, store, clock, log: silentLog });
  }

  async claim(key: string): Promise<string> {
    const outcome = await this.run(
      this.proposer.submit(
        {
          id: `set-${key}`,
          term: 0,
          actor: { kind: 'user', name: 'test' },
          reason: 'test',
          traceId: '',
          minLevel: 0,
          reads: [],
          claims: [newClaim({ space: 'key', key, owner: 'me' })],
          ops: [],
        },
        this.signal,
      ),
    );
    return outcome.kind;
  }

  /** Lets time pass until `promise` is settled. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    promise.then(end, end);
    for (let turn = 0; turn < 5000 && !isOver; turn += 1) {
      await this.clock.settle();
      await this.clock.advance(0);
    }
    return await promise;
  }
}

describe('a member that crashes', () => {
  it.each([
    ['from the log alone', {}],
    ['from a snapshot and the log', { snapshotEntries: 5, trailingEntries: 2 }],
  ])('has what it acknowledged, %s', async (_how, changes) => {
    let disk = new MemoryDisk({ random: seededRandom(7) });
    let hash: number | undefined;
    for (let life = 0; life < 3; life += 1) {
      const member = new Life(disk, changes);
      await member.run(member.proposer.ready(member.signal));
      await member.run(member.proposer.barrier(member.signal));
      if (hash !== undefined) expect(stateHash(member.store)).toBe(hash);
      for (let n = 0; n < 10; n += 1) expect(await member.claim(`${life}-${n}`)).toBe('done');
      expect(member.proposer.view.claimCount('key')).toBe(10 * (life + 1));
      hash = stateHash(member.store);
      const snapshots = await disk.list('/raft/snap');
      expect(snapshots.length > 0).toBe('snapshotEntries' in changes);
      disk = disk.crash();
      await member.proposer[Symbol.asyncDispose]();
    }
  });
});
