import { spawn, type ChildProcess } from 'node:child_process';

/** A program under a test's hands: what it is told, what it says, how it ends. */
export class Typed implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended = Promise.withResolvers<number | string>();
  readonly #waiters: (() => void)[] = [];
  #stdout = '';
  #stderr = '';

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.setEncoding('latin1').on('data', (chunk: string) => {
      this.#stdout += chunk;
      this.#wake();
    });
    this.#child.stderr?.setEncoding('latin1').on('data', (chunk: string) => {
      this.#stderr += chunk;
      this.#wake();
    });
    this.#child.once('close', (code, signal) => {
      this.#ended.resolve(code ?? signal ?? 0);
      this.#wake();
    });
  }

  /** What it wrote so far, one character a byte. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  say(text: string): this {
    this.#child.stdin?.write(text);
    return this;
  }

  /** Ends its standard input. */
  end(text = ''): this {
    this.#child.stdin?.end(text);
    return this;
  }

  /** Stops reading what it writes, so that it blocks once the pipe is full. */
  stall(): this {
    this.#child.stdout?.pause();
    return this;
  }

  /** Sends a signal to it and to all that it started. */
  kill(signal: NodeJS.Signals): this {
    const { pid } = this.#child;
    if (pid !== undefined && !this.#hasEnded) process.kill(-pid, signal);
    return this;
  }

  /** Resolves once it has written `text`. @throws with all that it wrote when it ends, or 30 s pass, without */
  async untilSaid(text: string | RegExp): Promise<void> {
    const matches = (): boolean =>
      typeof text === 'string' ? this.#stdout.includes(text) : text.test(this.#stdout);
    const late = AbortSignal.timeout(30_000);
    late.addEventListener('abort', () => {
      this.#wake();
    });
    while (!matches()) {
      if (late.aborted || this.#hasEnded)
        throw new Error(`it has not said ${String(text)}: ${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
      });
    }
  }

  /** @returns its exit code, or the signal that ended it */
  async exit(): Promise<number | string> {
    return await this.#ended.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.exit();
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
