/** Where a stream goes to or comes from. To listen on every address of the machine, `host` is empty. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Receives what happens on a stream, in order; `closed` comes last and exactly once. */
export interface ByteSink {
  data(chunk: Uint8Array): void;
  /** The other side has finished sending; this side may still send. */
  end(): void;
  /** `write` may be called again after it had answered false. */
  drained(): void;
  closed(error: Error | undefined): void;
}

/**
 * A two-way stream of bytes with half-close, pushed to a sink (promises a chunk would cost more than the copy).
 */
export interface ByteStream {
  readonly remote: Address;
  /** Begins delivery to `sink`; called once, before anything else. */
  start(sink: ByteSink): void;
  /** Sends `chunk`, which belongs to the stream from now on. False: wait for `drained` before more. */
  write(chunk: Uint8Array): boolean;
  /** Finishes sending after what was written. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Drops the stream at once (a reset where the transport has one). Harmless when closed. */
  destroy(): void;
}

/** Accepts streams until it is closed. */
export interface StreamListener extends AsyncDisposable {
  /** The address bound, with the real port when 0 was asked for. */
  readonly address: Address;
  /** Frees the address at once; streams that were accepted live on. */
  close(): Promise<void>;
}

/** Learns how one `connect` went: exactly one of both is called. */
export interface ConnectOutcome {
  connected(stream: ByteStream): void;
  /** @param error a `ShoalError` of code `unavailable`. */
  failed(error: Error): void;
}

/** A connection that is being made. */
export interface Connecting {
  /** Gives up: the outcome is never told. Harmless once it was. */
  cancel(): void;
}

/** Byte streams to and from other processes. Failures are `ShoalError`s of code `unavailable`. */
export interface Net {
  listen(address: Address, accept: (stream: ByteStream) => void): Promise<StreamListener>;
  dial(address: Address, signal: AbortSignal): Promise<ByteStream>;
  /** As `dial`, for those to whom a promise and a signal cost too much. Tells the outcome after it has returned. */
  connect(address: Address, outcome: ConnectOutcome): Connecting;
}
