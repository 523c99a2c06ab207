import { createHash } from 'node:crypto';

import type { Log, LogFields, LogLevel } from '../../common/ports/log.ts';

/** Lines that a failure report shows. */
const tailLines = 100;

/**
 * What happened in a world, a line an event. Two runs of one seed have the same lines, hence the same hash.
 *
 * Every line is `virtual ms, who, what`.
 */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #tail: string[] = [];
  /** Messages that any log wrote. */
  readonly messages = new Set<string>();
  readonly #nowMs: () => number;
  readonly #sink: ((line: string) => void) | undefined;

  constructor(nowMs: () => number, sink: ((line: string) => void) | undefined) {
    this.#nowMs = nowMs;
    this.#sink = sink;
  }

  add(who: string, what: string): void {
    const line = `${this.#nowMs().toFixed(3).padStart(12)} ${who.padEnd(8)} ${what}`;
    this.#hash.update(line).update('\n');
    this.#sink?.(line);
    this.#tail.push(line);
    if (this.#tail.length > 2 * tailLines) this.#tail.splice(0, tailLines);
  }

  get tail(): readonly string[] {
    return this.#tail.slice(-tailLines);
  }

  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }
}

/** The log of one process, as lines of the trace. */
export class TraceLog implements Log {
  readonly #trace: Trace;
  readonly #who: string;
  readonly #isOver: () => boolean;
  readonly #fields: LogFields;

  constructor(trace: Trace, who: string, isOver: () => boolean, fields: LogFields = {}) {
    this.#trace = trace;
    this.#who = who;
    this.#isOver = isOver;
    this.#fields = fields;
  }

  at(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (this.#isOver()) return;
    this.#trace.messages.add(message);
    const text = Object.entries({ ...this.#fields, ...fields }).map(
      ([name, value]) => ` ${name}=${wordOf(value)}`,
    );
    this.#trace.add(this.#who, `${level}: ${message}${text.join('')}`);
  }

  with(fields: LogFields): Log {
    const all = { ...this.#fields, ...fields };
    return new TraceLog(this.#trace, this.#who, this.#isOver, all);
  }
}

function wordOf(value: unknown): string {
  if (value instanceof Error) return `"${value.message}"`;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}
