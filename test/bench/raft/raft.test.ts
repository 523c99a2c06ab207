// Runs the bench of the Raft library once, small; `SHOAL_BENCH=full` runs it with a million entries. Only what no load of the machine
// changes fails here.
import { describe, expect, it } from 'vitest';
import { describeRaft, fullSize, measureRaft } from './raft.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const small = { proposals: 2000, rounds: 3, logs: [1000, 100_000], catchUpEntries: 100_000 };

describe('the Raft library against bare arrays of the same entries', () => {
  it('costs the same however long the log is, and brings a follower up to date in full messages', async () => {
    const bench = await measureRaft(isFull ? fullSize : small);
    console.log(describeRaft(bench));
    const costs = new Map(bench.growth.map((growth) => [growth.entries, growth]));
    const [short, long] = [costs.get(1000), costs.get(100_000)];
    expect((long?.leastMicros ?? Infinity) / (short?.leastMicros ?? 0)).toBeLessThan(2);
    expect((long?.bytes ?? Infinity) / (short?.bytes ?? 0)).toBeLessThan(1.2);
    // Entries of 137 to 139 bytes, as limits count them, into messages of 65,536; and the first one, which finds where to begin.
    expect(bench.catchUp.messages).toBeLessThanOrEqual(220);
    for (const { members, raft } of bench.proposals) {
      expect(raft.bytes / members).toBeLessThan(9000);
    }
  });
});
