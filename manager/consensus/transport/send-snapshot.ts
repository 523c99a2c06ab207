import { Client, type ChannelCredentials, type ClientWritableStream } from '@grpc/grpc-js';
import { ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { newSnapshotFrame } from '../../../proto/gen/raft.ts';
import type { PeerAnswer, PeerHello, SnapshotFrame } from '../../../proto/gen/raft.ts';
import type { Message } from '../../raft/message.ts';
import { toWire } from '../peer-codec.ts';
import { raftChannelOptions, snapshotMethod } from './raft-service.ts';

export interface SnapshotRoute {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  /** Name in the other side's certificate. */
  readonly peerName: string;
  readonly hello: PeerHello;
}

/**
 * Sends a snapshot over a connection of its own, so that no heartbeat waits behind it. Each piece has its time, not the whole.
 * @throws ShoalError `unavailable`, `timeout`, and the reason of `signal`
 */
export async function sendSnapshot(
  { address, credentials, peerName, hello }: SnapshotRoute,
  message: Message,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const client = new Client(address, credentials, {
    ...raftChannelOptions,
    'grpc.ssl_target_name_override': peerName,
  });
  const stored = Promise.withResolvers<void>();
  // Whoever waits for a piece hears of it there.
  stored.promise.catch(() => undefined);
  const { path, requestSerialize, responseDeserialize } = snapshotMethod;
  const stream = client.makeClientStreamRequest<SnapshotFrame, PeerAnswer>(
    path,
    requestSerialize,
    responseDeserialize,
    (error) => {
      if (error === null) stored.resolve();
      else stored.reject(new ShoalError('unavailable', `snapshot was not taken: ${error.details}`));
    },
  );
  const cancel = (): void => {
    stream.cancel();
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    const wire = toWire(message);
    await put(
      stream,
      newSnapshotFrame({ hello, ...(wire === undefined ? {} : { message: wire }) }),
      stored.promise,
    );
    for await (const data of content) {
      for (const piece of pieces(data)) {
        await put(stream, newSnapshotFrame({ data: piece }), stored.promise);
        signal.throwIfAborted();
      }
    }
    stream.end();
    await inTime(stored.promise, limits.peerStoreMs);
  } finally {
    signal.removeEventListener('abort', cancel);
    stream.cancel();
    client.close();
  }
}

function* pieces(data: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < data.length; at += limits.peerPieceBytes) {
    yield data.subarray(at, at + limits.peerPieceBytes);
  }
}

/** Resolves when the other side has room for the next piece. */
async function put(
  stream: ClientWritableStream<SnapshotFrame>,
  frame: SnapshotFrame,
  ended: Promise<void>,
): Promise<void> {
  if (stream.write(frame)) return;
  const drained = new Promise<void>((resolve) => {
    stream.once('drain', resolve);
  });
  await inTime(Promise.race([drained, ended]), limits.peerPieceMs);
}

async function inTime(work: Promise<void>, limitMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ShoalError('timeout', 'the other manager takes too long over a snapshot'));
  }, limitMs);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
