/**
 * The globals that shell code may use besides the language itself: cancellation, text, URLs and microtasks.
 *
 * Timers, wall time and anything that reaches the outside are missing on purpose: they come through ports.
 * `AbortSignal.timeout` is missing because it would be a timer.
 */

interface AbortEvent {
  readonly type: 'abort';
}

interface AbortListenerOptions {
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

interface AbortSignal {
  readonly aborted: boolean;
  /** What `AbortController.abort` was given, or an `AbortError`. `any` in the platform; `unknown` here. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(
    type: 'abort',
    listener: (event: AbortEvent) => void,
    options?: AbortListenerOptions,
  ): void;
  removeEventListener(type: 'abort', listener: (event: AbortEvent) => void): void;
}

declare const AbortSignal: {
  readonly prototype: AbortSignal;
  abort(reason?: unknown): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
};

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare const AbortController: {
  readonly prototype: AbortController;
  new (): AbortController;
};

interface TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare const TextEncoder: {
  readonly prototype: TextEncoder;
  new (): TextEncoder;
};

interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string;
}

declare const TextDecoder: {
  readonly prototype: TextDecoder;
  new (
    label?: string,
    options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
  ): TextDecoder;
};

interface URLSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  forEach(action: (value: string, name: string) => void): void;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

declare const URLSearchParams: {
  readonly prototype: URLSearchParams;
  new (
    init?: string | Iterable<readonly [string, string]> | Readonly<Record<string, string>>,
  ): URLSearchParams;
};

interface URL {
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toString(): string;
  toJSON(): string;
}

declare const URL: {
  readonly prototype: URL;
  new (url: string, base?: string | URL): URL;
  canParse(url: string, base?: string): boolean;
  parse(url: string, base?: string): URL | null;
};

/** A deep copy without identity, functions or prototypes. */
declare function structuredClone<T>(value: T): T;

/** Runs `action` after the current job and before any other event. */
declare function queueMicrotask(action: () => void): void;
