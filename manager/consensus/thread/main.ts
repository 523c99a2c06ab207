import { parentPort, workerData } from 'node:worker_threads';
import { NodeClock } from '../../../common/platform/clock.ts';
import { NodeDisk } from '../../../common/platform/disk.ts';
import { NodeEntropy } from '../../../common/platform/entropy.ts';
import { isShoalError } from '../../../common/pure/errors.ts';
import { invariant } from '../../../common/pure/invariant.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { ConsensusDriver } from '../driver.ts';
import { noPeers, type Peers } from '../peers.ts';
import { Batch } from './batch.ts';
import { NodeLogCipher } from './node-cipher.ts';
import { GrpcTransport } from '../transport/transport.ts';
import { isThreadConfig, type ThreadConfig } from './thread-config.ts';
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
  const transport = newTransport(config);
  try {
    await transport?.listen();
  } catch (error) {
    batch.add({ kind: 'failed', code: 'unavailable', message: textOf(error) });
    batch.flush();
    port.close();
    return;
  }
  const driver = newDriver(config, transport ?? noPeers, (message) => {
    batch.add(message);
  });
  transport?.attach(driver);
  port.on('message', (messages: readonly ToConsensus[]) => {
    for (const message of messages) driver.post(message);
  });
  await driver.run();
  await transport?.[Symbol.asyncDispose]();
  batch.flush();
  port.close();
}

function newTransport({ transport }: ThreadConfig): GrpcTransport | undefined {
  if (transport === undefined) return undefined;
  const seed = Buffer.from(new NodeEntropy().bytes(6)).readUIntBE(0, 6);
  return new GrpcTransport(transport, seededRandom(seed));
}

function newDriver(
  { options, dataKey }: ThreadConfig,
  peers: Peers,
  emit: (message: FromConsensus) => void,
): ConsensusDriver {
  const cipher = new NodeLogCipher(dataKey);
  dataKey.fill(0);
  const ports = {
    disk: new NodeDisk(),
    entropy: new NodeEntropy(),
    clock: new NodeClock(),
    cipher,
    peers,
  };
  return new ConsensusDriver(options, ports, emit);
}

function textOf(error: unknown): string {
  if (!isShoalError(error)) return String(error);
  const { address } = error.fields;
  return address === undefined ? error.message : `${error.message} (${address})`;
}

await main();
