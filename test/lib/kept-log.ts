import type { Log, LogFields, LogLevel } from '../../common/ports/log.ts';

/** A log that keeps its lines for the test to look at. */
export class KeptLog implements Log {
  readonly lines: {
    readonly level: LogLevel;
    readonly message: string;
    readonly fields: LogFields;
  }[];
  readonly #fields: LogFields;

  constructor(fields: LogFields = {}, lines: KeptLog['lines'] = []) {
    this.#fields = fields;
    this.lines = lines;
  }

  at(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }

  with(fields: LogFields): Log {
    return new KeptLog({ ...this.#fields, ...fields }, this.lines);
  }
}
