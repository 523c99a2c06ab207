import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import type { Address, ByteSink, ByteStream, Net, StreamListener } from '../../common/ports/net.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Bytes under way in one direction from which `write` answers false, as the sockets of Node do. */
const highWaterBytes = 64 * 1024;
const firstEphemeralPort = 49_152;

export interface MemoryNetworkOptions {
  readonly clock: VirtualClock;
  /** How long bytes, connects and closes take between two hosts, in milliseconds; default 0. Order is kept whatever it says. */
  readonly latencyMs?: (from: string, to: string) => number;
}

interface Host {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly listeners: Map<string, MemoryListener>;
  readonly streams: Set<MemoryStream>;
  isUp: boolean;
}

/**
 * The network of a virtual cluster: hosts with addresses, listeners and streams on a virtual clock.
 *
 * A dial to an address without a listener is refused, one to a host that is down or cut off hangs until its signal
 * aborts. Bytes in flight are bounded as in real sockets, so code without back-pressure shows.
 */
export class MemoryNetwork {
  readonly clock: VirtualClock;
  readonly #latencyMs: (from: string, to: string) => number;
  readonly #hosts = new Map<string, Host>();
  readonly #byAddress = new Map<string, Host>();
  readonly #cut = new Set<string>();
  #nextPort = firstEphemeralPort;

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.#latencyMs = options.latencyMs ?? (() => 0);
  }

  /** The network as the host `name` sees it; made with `addresses` at the first call. */
  host(name: string, addresses: readonly string[] = []): Net {
    const known = this.#hosts.get(name) ?? this.#newHost(name, addresses);
    return {
      listen: (address, accept) => this.#listen(known, address, accept),
      dial: (address, signal) => this.#dial(known, address, signal),
      connect: (address, outcome) => {
        const life = new AbortController();
        this.#dial(known, address, life.signal).then(
          (stream) => {
            if (life.signal.aborted) stream.destroy();
            else outcome.connected(stream);
          },
          (error: unknown) => {
            if (!life.signal.aborted && isShoalError(error)) outcome.failed(error);
          },
        );
        return {
          cancel: () => {
            life.abort();
          },
        };
      },
    };
  }

  /** Takes the host away as by power loss: its listeners are gone, its streams never speak again, dials to it hang. */
  stopHost(name: string): void {
    const host = this.#hostNamed(name);
    host.isUp = false;
    host.listeners.clear();
    for (const stream of host.streams) stream.silence();
    host.streams.clear();
  }

  /** Ends the processes of the host as by SIGKILL: its listeners are gone and its streams reset; dials are refused. */
  killProcesses(name: string): void {
    const host = this.#hostNamed(name);
    host.listeners.clear();
    for (const stream of host.streams) stream.destroy();
  }

  startHost(name: string): void {
    this.#hostNamed(name).isUp = true;
  }

  /** From now on dials between the two hosts hang. Streams that exist go on: reset them by `killProcesses`. */
  cut(one: string, other: string): void {
    this.#cut.add(pairOf(one, other));
  }

  heal(one: string, other: string): void {
    this.#cut.delete(pairOf(one, other));
  }

  /** Streams of all hosts that are not closed, for tests that look for leaks. Each connection has two. */
  get openStreams(): number {
    let open = 0;
    for (const host of this.#hosts.values()) open += host.streams.size;
    return open;
  }

  #newHost(name: string, addresses: readonly string[]): Host {
    const host = {
      name,
      addresses,
      listeners: new Map(),
      streams: new Set<MemoryStream>(),
      isUp: true,
    };
    this.#hosts.set(name, host);
    for (const address of addresses) this.#byAddress.set(address, host);
    return host;
  }

  #hostNamed(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  // The checks come before the first await, as a real bind does.
  async #listen(
    host: Host,
    asked: Address,
    accept: (stream: ByteStream) => void,
  ): Promise<StreamListener> {
    const address = this.#withPort(asked);
    if (this.#conflicts(host, address)) throw failure('address is already in use', 'EADDRINUSE');
    if (address.kind === 'tcp' && address.host !== '' && !isOwn(host, address.host)) {
      throw failure('address is not one of this machine', 'EADDRNOTAVAIL');
    }
    const key = keyOf(address);
    const listener = new MemoryListener(address, accept, () => {
      if (host.listeners.get(key) === listener) host.listeners.delete(key);
    });
    host.listeners.set(key, listener);
    return listener;
  }

  #withPort(address: Address): Address {
    if (address.kind === 'unix' || address.port !== 0) return address;
    this.#nextPort += 1;
    return { ...address, port: this.#nextPort };
  }

  #conflicts(host: Host, address: Address): boolean {
    for (const { address: taken } of host.listeners.values()) {
      if (taken.kind === 'unix' || address.kind === 'unix') {
        if (keyOf(taken) === keyOf(address)) return true;
        continue;
      }
      const overlaps = taken.host === '' || address.host === '' || taken.host === address.host;
      if (taken.port === address.port && overlaps) return true;
    }
    return false;
  }

  async #dial(from: Host, address: Address, signal: AbortSignal): Promise<ByteStream> {
    signal.throwIfAborted();
    const to =
      address.kind === 'unix' || isLoopback(address.host)
        ? from
        : this.#byAddress.get(address.host);
    if (to === undefined || !to.isUp || !from.isUp || this.#cut.has(pairOf(from.name, to.name))) {
      return this.#hang(signal);
    }
    await this.clock.sleep(this.#latencyMs(from.name, to.name), signal);
    const listener = listenerOf(to, address);
    if (listener === undefined) {
      const isMissing = address.kind === 'unix';
      throw isMissing
        ? failure('socket does not exist', 'ENOENT')
        : failure('connection refused', 'ECONNREFUSED');
    }
    return this.#connect(from, to, address, listener);
  }

  #connect(from: Host, to: Host, address: Address, listener: MemoryListener): ByteStream {
    this.#nextPort += 1;
    const source = from.addresses[0] ?? '127.0.0.1';
    const remote: Address =
      address.kind === 'unix' ? address : { kind: 'tcp', host: source, port: this.#nextPort };
    const near = new MemoryStream(
      this.clock,
      address,
      this.#latencyMs(to.name, from.name),
      from.streams,
    );
    const far = new MemoryStream(
      this.clock,
      remote,
      this.#latencyMs(from.name, to.name),
      to.streams,
    );
    near.peer = far;
    far.peer = near;
    listener.accept(far);
    return near;
  }

  async #hang(signal: AbortSignal): Promise<never> {
    const never = Promise.withResolvers<never>();
    const onAbort = (): void => {
      never.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    return await never.promise;
  }
}

class MemoryListener implements StreamListener {
  readonly address: Address;
  readonly accept: (stream: ByteStream) => void;
  readonly #onClose: () => void;

  constructor(address: Address, accept: (stream: ByteStream) => void, onClose: () => void) {
    this.address = address;
    this.accept = accept;
    this.#onClose = onClose;
  }

  close(): Promise<void> {
    this.#onClose();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

type Arrival =
  | { readonly kind: 'data'; readonly chunk: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' };

class MemoryStream implements ByteStream {
  readonly remote: Address;
  peer: MemoryStream | undefined;
  readonly #clock: VirtualClock;
  /** How long what the peer sends takes to arrive here. */
  readonly #arrivalMs: number;
  readonly #open: Set<MemoryStream>;
  #sink: ByteSink | undefined;
  readonly #arrived: Arrival[] = [];
  /** When the last thing sent to this side arrives: nothing overtakes it. */
  #lastArrivalMs = 0;
  /** Bytes sent by this side that the peer's sink has not been given. */
  #unreadBytes = 0;
  #mustDrain = false;
  #isPaused = false;
  #isSilent = false;
  #hasEnded = false;
  #peerHasEnded = false;
  #isClosed = false;

  constructor(clock: VirtualClock, remote: Address, arrivalMs: number, open: Set<MemoryStream>) {
    this.#clock = clock;
    this.remote = remote;
    this.#arrivalMs = arrivalMs;
    this.#open = open;
    open.add(this);
  }

  start(sink: ByteSink): void {
    if (this.#sink !== undefined) throw new Error('a stream is started once');
    this.#sink = sink;
    this.#clock.schedule(0, () => {
      if (this.#isClosed) sink.closed(undefined);
      else this.#deliver();
    });
  }

  write(chunk: Uint8Array): boolean {
    if (this.#hasEnded) throw new Error('nothing may be written after the end');
    if (this.#isClosed || this.#isSilent) return false;
    this.#unreadBytes += chunk.length;
    this.#send({ kind: 'data', chunk });
    this.#mustDrain = this.#unreadBytes >= highWaterBytes;
    return !this.#mustDrain;
  }

  end(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#hasEnded = true;
    this.#send({ kind: 'end' });
    this.#closeIfDone();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#clock.schedule(0, () => {
      this.#deliver();
    });
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#send({ kind: 'reset' });
    this.#close(undefined);
  }

  /** The host is gone: nothing is sent or delivered any more. */
  silence(): void {
    this.#isSilent = true;
  }

  #send(arrival: Arrival): void {
    const { peer } = this;
    if (peer === undefined || this.#isSilent) return;
    peer.#lastArrivalMs = Math.max(peer.#lastArrivalMs, this.#clock.nowMs() + peer.#arrivalMs);
    this.#clock.schedule(peer.#lastArrivalMs - this.#clock.nowMs(), () => {
      peer.#receive(arrival);
    });
  }

  #receive(arrival: Arrival): void {
    if (this.#isClosed || this.#isSilent) return;
    if (arrival.kind === 'reset') {
      this.#close(failure('connection reset', 'ECONNRESET'));
      return;
    }
    this.#arrived.push(arrival);
    this.#deliver();
  }

  #deliver(): void {
    const sink = this.#sink;
    while (sink !== undefined && !this.#isPaused && !this.#isClosed && !this.#isSilent) {
      const arrival = this.#arrived.shift();
      if (arrival === undefined) return;
      if (arrival.kind === 'data') {
        sink.data(arrival.chunk);
        this.peer?.taken(arrival.chunk.length);
      } else {
        this.#peerHasEnded = true;
        sink.end();
        this.#closeIfDone();
      }
    }
  }

  /** The peer has handed over `bytes` that this side sent. */
  taken(bytes: number): void {
    this.#unreadBytes -= bytes;
    if (!this.#mustDrain || this.#unreadBytes >= highWaterBytes / 2) return;
    this.#mustDrain = false;
    this.#clock.schedule(0, () => {
      if (!this.#isClosed && !this.#isSilent) this.#sink?.drained();
    });
  }

  #closeIfDone(): void {
    if (this.#hasEnded && this.#peerHasEnded) this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#open.delete(this);
    const sink = this.#sink;
    this.#clock.schedule(0, () => {
      sink?.closed(error);
    });
  }
}

function listenerOf(host: Host, address: Address): MemoryListener | undefined {
  const exact = host.listeners.get(keyOf(address));
  if (exact !== undefined || address.kind === 'unix') return exact;
  return host.listeners.get(keyOf({ ...address, host: '' }));
}

function isOwn(host: Host, address: string): boolean {
  return isLoopback(address) || host.addresses.includes(address);
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address === 'localhost';
}

function keyOf(address: Address): string {
  return address.kind === 'unix'
    ? `unix ${address.path}`
    : `tcp ${address.host} ${String(address.port)}`;
}

function pairOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function failure(message: string, reason: string): ShoalError {
  return new ShoalError('unavailable', message, { fields: { reason } });
}
