import type { FromConsensus, ToConsensus } from './port.ts';

type Message = ToConsensus | FromConsensus;

/** The message with bytes of its own: no buffer is shared with the sender. */
export function ownMessage<Kind extends Message>(message: Kind): Kind {
  return withData(message, (data) => new Uint8Array(data));
}

/** The message without windows into larger buffers, which a thread boundary would copy as a whole. */
export function tightMessage<Kind extends Message>(message: Kind): Kind {
  return withData(message, (data) => (isWindow(data) ? new Uint8Array(data) : data));
}

/**
 * The buffers of a tight message that have `bytesMin` or more and may be handed over. Those of committed entries may not: the log still sends them to
 * other members.
 */
export function largeBuffers(message: Message, bytesMin: number): ArrayBufferLike[] {
  const buffers: ArrayBufferLike[] = [];
  if (message.kind === 'committed') return buffers;
  withData(message, (data) => {
    if (data.byteLength >= bytesMin) buffers.push(data.buffer);
    return data;
  });
  return buffers;
}

function isWindow(data: Uint8Array): boolean {
  return data.byteLength !== data.buffer.byteLength;
}

function withData<Kind extends Message>(
  message: Kind,
  change: (data: Uint8Array) => Uint8Array,
): Kind {
  if (message.kind === 'propose' || message.kind === 'snapshotChunk') {
    return { ...message, data: change(message.data) };
  }
  if (message.kind === 'committed') {
    const entries = message.entries.map((entry) => ({ ...entry, data: change(entry.data) }));
    return { ...message, entries };
  }
  return message;
}
