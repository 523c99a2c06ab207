import type { StringMap } from '../../../common/ports/engine-api.ts';

/** How the process of a container behaves. Nothing set: it starts at once, runs for ever, and ends at once with 0 when asked to stop. */
export interface FakeProgram {
  /** The start call fails with this, and the container stays `created` with the text as its error. */
  readonly startError?: { readonly statusCode: number; readonly message: string };
  /** What it writes when it starts, a line each. */
  readonly lines?: readonly string[];
  /** Ends by itself after this long. */
  readonly exitAfterMs?: number;
  readonly exitCode?: number;
  /** From the stop signal to the end; `Infinity` ignores the signal and waits for the kill. */
  readonly stopMs?: number;
  readonly stopExitCode?: number;
  /** What its health check finds, this long after the start. Without it, a container with a health check stays `starting`. */
  readonly health?: { readonly afterMs: number; readonly status: 'healthy' | 'unhealthy' };
}

/** What a program may look at to behave differently from one container to the next. */
export interface FakeProgramInput {
  readonly name: string;
  /** What replaces the image's own; empty when nothing does. */
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly labels: StringMap;
  /** Starts of this container so far, this one included. */
  readonly starts: number;
}

export interface FakeImage {
  /** `web:1`; compared as the engine does: `web`, `web:latest` and `docker.io/library/web` are one. */
  readonly reference: string;
  /** On the engine from the beginning; otherwise only a pull brings it. Default true. */
  readonly isLocal?: boolean;
  /** As Go names it; `amd64` when nothing is said. */
  readonly architecture?: string;
  readonly pullMs?: number;
  /** Every pull of it fails. */
  readonly pullError?: { readonly statusCode: number; readonly message: string };
  /** The image itself names a health check. */
  readonly hasHealthcheck?: boolean;
  readonly program?: FakeProgram | ((input: FakeProgramInput) => FakeProgram);
}

/** The form in which the engine keeps references: short name, always a tag or a digest. */
export function familiarReference(reference: string): string {
  const short = reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  const at = short.indexOf('@');
  if (at >= 0) return short;
  return short.lastIndexOf(':') > short.lastIndexOf('/') ? short : `${short}:latest`;
}
