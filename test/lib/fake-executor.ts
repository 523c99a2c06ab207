import { ShoalError } from '../../common/pure/errors.ts';
import type { Assignment } from '../../proto/gen/dispatcher.ts';
import { newNodeDescription } from '../../proto/gen/objects.ts';
import type { NodeDescription, TaskAddress } from '../../proto/gen/objects.ts';
import type { ContainerView, Executor, ExecutorEvent } from '../../worker/executor/contract.ts';

export type ExecutorCall =
  | 'describe'
  | 'pull'
  | 'prepare'
  | 'start'
  | 'stop'
  | 'remove'
  | 'list'
  | 'inspect';

/** Engine states of containers, changed at once by the calls of the executor's contract unless told to wait or to fail. */
export class FakeExecutor implements Executor {
  readonly containers = new Map<string, ContainerView>();
  /** Calls that change something, as `prepare a`, in order. */
  readonly calls: string[] = [];
  /** What a started container's health is. */
  startHealth: ContainerView['health'] = 'none';
  description: NodeDescription = newNodeDescription({ hostname: 'one', engineAvailable: true });
  #isDown = false;
  #starts = 0;
  readonly #failures = new Map<ExecutorCall, ShoalError[]>();
  readonly #gates = new Map<ExecutorCall, PromiseWithResolvers<void>>();
  readonly #progress = new Map<string, (message: string) => void>();
  readonly #listeners = new Set<(event: ExecutorEvent) => void>();

  /** The next `call` fails so. */
  failOnce(call: ExecutorCall, error: ShoalError): void {
    this.#failures.set(call, [...(this.#failures.get(call) ?? []), error]);
  }

  /** Calls of that kind wait until the result is called, or their signal aborts. */
  hold(call: ExecutorCall): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gates.set(call, gate);
    return () => {
      this.#gates.delete(call);
      gate.resolve();
    };
  }

  /** The engine goes, or comes back. */
  setAvailable(isAvailable: boolean): void {
    this.#isDown = !isAvailable;
    this.description = { ...this.description, engineAvailable: isAvailable };
    this.emit({ kind: 'engine', available: isAvailable });
  }

  /** Changes a container as the engine would by itself, and tells. */
  change(taskId: string, fields: Partial<ContainerView>): void {
    const container = this.containers.get(taskId);
    if (container === undefined) throw new Error(`no container of ${taskId}`);
    this.containers.set(taskId, { ...container, ...fields });
    this.emit({ kind: 'container', taskId });
  }

  /** Puts a container that nobody asked for. */
  put(taskId: string, fields: Partial<ContainerView> = {}): void {
    this.containers.set(taskId, { ...newContainer(taskId), ...fields });
  }

  /** Says what a pull of the task's image says. */
  tell(taskId: string, message: string): void {
    this.#progress.get(taskId)?.(message);
  }

  emit(event: ExecutorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async describe(signal: AbortSignal): Promise<NodeDescription> {
    try {
      await this.#enter('describe', '', signal);
    } catch (error) {
      if (!(error instanceof ShoalError)) throw error;
      return { ...this.description, engineAvailable: false };
    }
    return this.description;
  }

  async pull(
    { taskId }: Assignment,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.#progress.set(taskId, progress);
    await this.#enter('pull', taskId, signal);
  }

  async prepare(
    { taskId }: Assignment,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.#progress.set(taskId, progress);
    await this.#enter('prepare', taskId, signal);
    if (!this.containers.has(taskId)) this.put(taskId, { state: 'created' });
  }

  async start({ taskId, addresses: assigned }: Assignment, signal: AbortSignal): Promise<void> {
    await this.#enter('start', taskId, signal);
    this.#starts += 1;
    const addresses = assigned.map(({ address }) => address.split('/')[0] ?? '');
    const [health, pid] = [this.startHealth, 1000 + this.#starts];
    this.change(taskId, { state: 'running', health, pid, addresses });
  }

  async inspect(taskId: string, signal: AbortSignal): Promise<ContainerView | undefined> {
    await this.#enter('inspect', taskId, signal);
    return this.containers.get(taskId);
  }

  async stop(taskId: string, graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#enter('stop', `${taskId} ${graceMs}`, signal);
    const container = this.containers.get(taskId);
    if (container?.state === 'running') this.change(taskId, { state: 'exited', exitCode: 143 });
  }

  async remove(taskId: string, signal: AbortSignal): Promise<void> {
    await this.#enter('remove', taskId, signal);
    if (this.containers.delete(taskId)) this.emit({ kind: 'container', taskId });
  }

  async list(signal: AbortSignal): Promise<readonly ContainerView[]> {
    await this.#enter('list', '', signal);
    return [...this.containers.values()];
  }

  async *events(signal: AbortSignal): AsyncGenerator<ExecutorEvent, void> {
    const queue: ExecutorEvent[] = [];
    let wake = Promise.withResolvers<void>();
    const listener = (event: ExecutorEvent): void => {
      queue.push(event);
      wake.resolve();
    };
    const onAbort = (): void => {
      wake.resolve();
    };
    this.#listeners.add(listener);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        yield* queue.splice(0);
        if (queue.length === 0 && !signal.aborted) await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#listeners.delete(listener);
    }
  }

  async addresses(): Promise<readonly TaskAddress[]> {
    return [];
  }

  async #enter(call: ExecutorCall, what: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!['describe', 'inspect', 'list', 'pull'].includes(call)) this.calls.push(`${call} ${what}`);
    const gate = this.#gates.get(call);
    if (gate !== undefined) await unlessAborted(gate.promise, signal);
    if (this.#isDown) throw new ShoalError('engineUnavailable', 'engine does not answer');
    const failure = this.#failures.get(call)?.shift();
    if (failure !== undefined) throw failure;
  }
}

function newContainer(taskId: string): ContainerView {
  return {
    taskId,
    containerId: `container-of-${taskId}`,
    state: 'running',
    health: 'none',
    pid: 0,
    exitCode: 0,
    error: '',
    startedAtMs: 0,
    finishedAtMs: 0,
    addresses: [],
    ports: [],
  };
}

async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
