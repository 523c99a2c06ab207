import * as net from 'node:net';

type TakeBytes = (length: number) => boolean;

/** What Node's own sockets are made of; no part of their interface, so each is looked for. */
interface InnerSocket {
  _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null;
  [inner: symbol]: unknown;
}

/** Where a socket that was opened with the option `onread` keeps its buffer and its callback. */
const inner = findInner();

function findInner(): { readonly buffer: symbol; readonly callback: symbol } | undefined {
  const callback = (): boolean => true;
  const buffer = new Uint8Array(1);
  const socket = new net.Socket({ onread: { buffer, callback } });
  const held = socket as unknown as InnerSocket;
  const named = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(socket).find((symbol) => held[symbol] === value);
  const found = { buffer: named(buffer), callback: named(callback) };
  socket.destroy();
  return found.buffer === undefined || found.callback === undefined
    ? undefined
    : { buffer: found.buffer, callback: found.callback };
}

/**
 * From now on reads `socket`, which a server has accepted, into one buffer again and again, as the option `onread` does for sockets that one
 * opens oneself: what passes by at hundreds of megabytes a second leaves nothing to collect. `take` gets how many bytes were read; false stops
 * the reading until `socket.resume()`. A Node without these inner parts gives false, and nothing has changed.
 */
export function readInto(socket: net.Socket, buffer: Uint8Array, take: TakeBytes): boolean {
  const held = socket as unknown as InnerSocket;
  const handle = held._handle;
  if (inner === undefined || typeof handle?.useUserBuffer !== 'function') return false;
  held[inner.buffer] = buffer;
  held[inner.callback] = take;
  handle.useUserBuffer(buffer);
  return true;
}
