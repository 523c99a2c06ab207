import { destination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';

import type { Log, LogFields, LogLevel } from '../ports/log.ts';

/** Lines of JSON on standard error, written synchronously: the last line before a crash is there. */
class PinoLog implements Log {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  at(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { error, ...rest } = fields;
    this.#logger[level](error === undefined ? rest : { ...rest, err: error }, message);
  }

  with(fields: LogFields): Log {
    return new PinoLog(this.#logger.child(fields));
  }
}

/** The log of a process, on file descriptor 2. The result of `setLevel` counts for every log made from it. */
export function processLog(
  level: LogLevel,
  fields: LogFields,
): { readonly log: Log; setLevel(level: LogLevel): void } {
  const logger = pino(
    {
      level,
      base: fields,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 2, sync: true }),
  );
  return {
    log: new PinoLog(logger),
    setLevel: (next) => {
      logger.level = next;
    },
  };
}
