/** Thrown by what simulated code must not touch, because two runs would differ by it. */
export class TripwireError extends Error {
  constructor(name: string) {
    super(`simulated code used ${name}`);
    this.name = 'TripwireError';
  }
}

const bannedFunctions = ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const;

/**
 * Arms the process's own clock, chance and network while simulated code runs: whoever touches them hears of it, and so does `touched`.
 *
 * The result disarms. Between the two nothing but simulated code may run, so arm for a stretch without turns of the event loop.
 */
export function armTripwires(touched: (name: string) => void): () => void {
  const ban = (name: string): (() => never) => {
    return () => {
      touched(name);
      throw new TripwireError(name);
    };
  };
  const restores = [
    replace(globalThis, 'Date', tripwireDate(ban('Date'))),
    replace(Math, 'random', ban('Math.random')),
    replace(performance, 'now', ban('performance.now')),
    replace(AbortSignal, 'timeout', ban('AbortSignal.timeout')),
    replace(process, 'hrtime', ban('process.hrtime')),
    ...bannedFunctions.map((name) => replace(globalThis, name, ban(name))),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

/** Dates of given times are arithmetic; the present is not. */
function tripwireDate(present: () => never): unknown {
  return new Proxy(Date, {
    construct: (target, values: unknown[]): object =>
      values.length === 0 ? present() : (Reflect.construct(target, values) as object),
    apply: present,
    get: (target, name) => (name === 'now' ? present : (Reflect.get(target, name) as unknown)),
  });
}

function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}
