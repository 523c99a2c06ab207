import { parentPort, workerData } from 'node:worker_threads';
import { NodeClock } from '../../../common/platform/clock.ts';
import { NodeDisk } from '../../../common/platform/disk.ts';
import { NodeEntropy } from '../../../common/platform/entropy.ts';
import { invariant } from '../../../common/pure/invariant.ts';
import { ConsensusDriver } from '../driver.ts';
import { noPeers } from '../peers.ts';
import { Batch } from './batch.ts';
import { NodeLogCipher } from './node-cipher.ts';
import { isThreadConfig } from './thread-config.ts';
import type { FromConsensus, ToConsensus } from '../port.ts';

/** Entry of the consensus thread: the composition root of one member's consensus. */
async function main(): Promise<void> {
  const port = parentPort;
  invariant(port !== null, 'runs as a thread only');
  const config: unknown = workerData;
  invariant(isThreadConfig(config), 'the thread is given its configuration');
  const batch = new Batch<FromConsensus>('moves', (messages, transfer) => {
    port.postMessage(messages, transfer);
  });
  const cipher = new NodeLogCipher(config.dataKey);
  config.dataKey.fill(0);
  const ports = {
    disk: new NodeDisk(),
    entropy: new NodeEntropy(),
    clock: new NodeClock(),
    cipher,
    peers: noPeers,
  };
  const driver = new ConsensusDriver(config.options, ports, (message) => {
    batch.add(message);
  });
  port.on('message', (messages: readonly ToConsensus[]) => {
    for (const message of messages) driver.post(message);
  });
  await driver.run();
  batch.flush();
  port.close();
}

await main();
