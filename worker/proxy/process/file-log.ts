import { appendFileSync, renameSync, statSync } from 'node:fs';
import type { Log, LogFields, LogLevel } from '../../../common/ports/log.ts';
import { limits } from '../../../common/pure/limits.ts';

/** The file that the lines of one process go to. */
class LogFile {
  readonly #path: string;
  #bytes: number;

  constructor(path: string) {
    this.#path = path;
    this.#bytes = sizeOf(path);
  }

  append(line: string): void {
    try {
      if (this.#bytes > limits.proxyLogBytes) {
        renameSync(this.#path, `${this.#path}.1`);
        this.#bytes = 0;
      }
      appendFileSync(this.#path, line, { mode: 0o600 });
      this.#bytes += line.length;
    } catch {
      // The disk is full or the folder is gone; there is no other place to say so, and traffic matters more.
    }
  }
}

/**
 * JSON lines in a file of bounded size; the one before it is kept as `<path>.1`.
 *
 * The proxy process logs little and must stay small, so it does without the daemon's logger.
 */
export class FileLog implements Log {
  readonly #file: LogFile;
  readonly #fields: LogFields;

  constructor(path: string, fields: LogFields = {}, file: LogFile = new LogFile(path)) {
    this.#file = file;
    this.#fields = fields;
  }

  at(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (level === 'debug') return;
    const time = new Date().toISOString();
    const line = { time, level, message, ...this.#fields, ...fields };
    this.#file.append(`${JSON.stringify(line, plainError)}\n`);
  }

  with(fields: LogFields): Log {
    return new FileLog('', { ...this.#fields, ...fields }, this.#file);
  }
}

function plainError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, ...(cause === undefined ? {} : { cause }) };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
