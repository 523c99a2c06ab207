import { ShoalError } from '../../common/pure/errors.ts';
import type { Message } from '../raft/message.ts';
import { decodeHandle } from './snapshot-handle.ts';
import type { Storage } from './storage.ts';
import type { SnapshotMark } from './wal/record.ts';
import type { SnapshotWriter } from './wal/snapshot-file.ts';

/** A snapshot that has come whole and is durable. `release` leaves its file to be removed unless the log names it. */
export interface ReceivedSnapshot {
  readonly mark: SnapshotMark;
  release(): void;
}

/** The bytes of a snapshot, without its file's frames. */
export async function* contentOf(
  chunks: AsyncIterable<{ readonly data: Uint8Array }>,
): AsyncGenerator<Uint8Array> {
  for await (const { data } of chunks) yield data;
}

/**
 * Stores `content` as the snapshot that `message` tells of.
 * @throws `invalidArgument` when it is another one, and what the disk or `content` throws; nothing is left of it then.
 */
export async function receiveFile(
  storage: Storage,
  message: Message,
  content: AsyncIterable<Uint8Array>,
): Promise<ReceivedSnapshot> {
  const { snapshot } = message;
  const handle = snapshot && decodeHandle(snapshot.data);
  if (snapshot === undefined || handle === undefined)
    throw new ShoalError('invalidArgument', 'a snapshot does not tell what it holds');
  const writer = await storage.snapshots.begin(snapshot.index, snapshot.term);
  try {
    await fill(writer, handle.bytes, content);
    const mark = await writer.finish(handle);
    return {
      mark,
      release: () => {
        writer.release();
      },
    };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function fill(
  writer: SnapshotWriter,
  bytesMax: number,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  let bytes = 0;
  for await (const data of content) {
    bytes += data.length;
    if (bytes > bytesMax)
      throw new ShoalError('invalidArgument', 'a snapshot is longer than it says');
    await writer.add(data);
  }
}
