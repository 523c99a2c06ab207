// Shows that consensus runs in virtual time: calls and messages take time, nothing overtakes, and a seed repeats a run.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { LocalConsensusPort } from '../../../../manager/consensus/local-port.ts';
import { driverOptions } from '../../../../manager/consensus/options.ts';
import { clusterId, lonePorts, memberId } from '../../../lib/consensus.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

/** Every message to main with its time. */
async function run(seed: number): Promise<string[]> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const latency = random.fork('disk');
  const disk = new MemoryDisk({
    random: random.fork('crash'),
    clock,
    latencyMs: () => 1 + latency.below(9),
  });
  const options = driverOptions(
    { directory: '/raft', clusterId, memberId },
    { segmentBytes: 64 * 512, groupBytes: 4096 },
  );
  const delay = random.fork('messages');
  const handOver = (action: () => void): void => {
    clock.schedule(delay.below(5), action);
  };
  const ports = lonePorts(disk, seed, clock);
  const port = new LocalConsensusPort(options, ports, handOver);
  const trace: string[] = [];
  port.receive((message) => trace.push(`${clock.nowMs()} ${JSON.stringify(message)}`));
  port.post({ kind: 'credit', entries: 100, bytes: 100_000 });
  await clock.advance(1000);
  for (let requestId = 1; requestId <= 30; requestId += 1) {
    port.post({ kind: 'propose', requestId, term: 0, data: new Uint8Array([requestId]) });
    await clock.advance(random.below(4));
  }
  await clock.advance(1000);
  return trace;
}

describe('LocalConsensusPort', () => {
  it('repeats a run from its seed, and differs with the seed', async () => {
    const first = await run(1);
    expect(first.at(-1)).toContain('committed');
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('keeps the order of messages whatever their delays', async () => {
    const trace = await run(3);
    const requests = trace.flatMap((line) => /"requestId":(\d+)/.exec(line)?.[1] ?? []);
    expect(requests.map(Number)).toEqual(Array.from({ length: 30 }, (_, position) => position + 1));
  });
});
