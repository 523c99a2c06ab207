import type { Trace, Line } from '../../../manager/raft/trace.ts';

const levels = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'NONE'] as const;
export type Level = (typeof levels)[number];

/** What a directive prints: its own lines, and those that the core tells, from a level on. */
export class ScriptOutput {
  level: Level = 'DEBUG';
  #text = '';

  readonly trace: Trace = {
    debug: (line) => this.#log('DEBUG', line),
    info: (line) => this.#log('INFO', line),
    warn: (line) => this.#log('WARN', line),
    error: (line) => this.#log('ERROR', line),
  };

  get isSilent(): boolean {
    return this.level === 'NONE';
  }

  /** At level NONE even a command says nothing. */
  print(text: string): void {
    if (!this.isSilent) this.#text += text;
  }

  println(text: string): void {
    this.print(`${text}\n`);
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Whatever `print` prints meanwhile, indented by two more. */
  indented(run: () => void): void {
    const before = this.take();
    run();
    const inner = this.take();
    const lines = inner.endsWith('\n') ? inner.slice(0, -1).split('\n') : inner.split('\n');
    this.#text = before + (inner === '' ? '' : lines.map((line) => `  ${line}\n`).join(''));
  }

  #log(level: Level, line: Line): void {
    if (levels.indexOf(level) >= levels.indexOf(this.level)) this.println(`${level} ${line()}`);
  }
}

export function levelOf(text: string | undefined): Level {
  const level = levels.find((one) => one === text?.toUpperCase());
  if (level === undefined) throw new Error(`log levels must be one of ${levels.join(', ')}`);
  return level;
}
