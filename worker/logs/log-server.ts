import type { RpcChannel } from '../../common/ports/rpc.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { newListenLogsRequest } from '../../proto/gen/logs.ts';
import type { LogLine, LogOrder, LogRead } from '../../proto/gen/logs.ts';
import { logBrokerClient } from '../../proto/rpc/logs.ts';
import type { LogBrokerClient } from '../../proto/rpc/logs.ts';
import { LogPublisher } from './log-publisher.ts';
import { taskLog } from './task-log.ts';
import type { TaskLogParts } from './task-log.ts';

/** How long a manager that knows nothing of logs is left alone, milliseconds. */
const noBrokerMs = 60_000;

/** One stream of orders, and what is read for it. */
interface Listening {
  readonly client: LogBrokerClient;
  readonly sessionId: string;
  readonly group: TaskGroup;
  readonly reads: Map<string, AbortController>;
}

/** Reads the logs of this node's tasks for a manager that asks for them. */
export class LogServer {
  readonly #parts: TaskLogParts;

  constructor(parts: TaskLogParts) {
    this.#parts = parts;
  }

  /** Serves the manager of one session until its stream of orders ends. All reading stops with it. @throws ShoalError why it ended */
  async serve(channel: RpcChannel, sessionId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#listen(logBrokerClient(channel), sessionId, signal);
    } catch (error) {
      if (!isShoalError(error, 'notImplemented')) throw error;
      await this.#parts.clock.sleep(noBrokerMs, signal);
    }
  }

  async #listen(client: LogBrokerClient, sessionId: string, signal: AbortSignal): Promise<void> {
    await using group = new TaskGroup(signal);
    const listening = { client, sessionId, group, reads: new Map<string, AbortController>() };
    group.spawn('orders', async (inner) => {
      const request = newListenLogsRequest({ sessionId });
      for await (const order of client.listenLogs(request, { signal: inner }))
        this.#obey(order, listening);
      group.abort();
    });
    await group.settle();
  }

  #obey({ readId, order }: LogOrder, listening: Listening): void {
    const { reads } = listening;
    reads.get(readId)?.abort(new ShoalError('cancelled', 'nobody reads the log any more'));
    if (order?.kind === 'start') this.#start(readId, order.value, listening);
  }

  #start(readId: string, read: LogRead, listening: Listening): void {
    const { client, sessionId, group, reads } = listening;
    const isTooMany = reads.size >= limits.engineLogConnections;
    const stop = new AbortController();
    reads.set(readId, stop);
    group.spawn('log', async (inner) => {
      const { clock } = this.#parts;
      const { sequence } = read;
      const publisher = new LogPublisher({ client, clock, sessionId, readId, sequence });
      const open = (signal: AbortSignal): AsyncIterable<readonly LogLine[]> =>
        isTooMany ? refusal() : taskLog(this.#parts, read, signal);
      try {
        await publisher.publish(open, AbortSignal.any([inner, stop.signal]));
      } finally {
        if (reads.get(readId) === stop) reads.delete(readId);
      }
    });
  }
}

// oxlint-disable-next-line require-yield
async function* refusal(): AsyncGenerator<readonly LogLine[], void> {
  throw new ShoalError('tooBusy', 'too many logs are being read on its node');
}
