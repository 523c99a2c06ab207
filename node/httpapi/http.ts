import type { Actor, PeerIdentity } from '../../common/ports/identity.ts';

/** Header names are lower-case; a name that came twice has its values joined as HTTP says. */
export type Headers = ReadonlyMap<string, string>;

/** One request, free of any server. */
export interface Request {
  readonly method: string;
  /** Decoded no further than the wire: percent-escapes stay. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As asked for in the path, `1.41`; undefined when the path had none. */
  readonly version: string | undefined;
  readonly headers: Headers;
  /** Read at most once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface Response {
  readonly status: number;
  readonly headers: Headers;
  /** Bytes at once, or pieces that are flushed as they come. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Who asks: every handler gets an actor, and a peer identity where the connection has one. */
export interface Caller {
  readonly actor: Actor;
  readonly peer: PeerIdentity | undefined;
  readonly traceId: string;
}

/** Answers a request; undefined means: not ours, pass it through to the engine. */
export type Handler = (request: Request, caller: Caller) => Promise<Response | undefined>;
