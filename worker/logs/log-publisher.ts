import type { Clock } from '../../common/ports/clock.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import { LogVerdict, newPublishLogsRequest } from '../../proto/gen/logs.ts';
import type { LogLine, PublishLogsRequest } from '../../proto/gen/logs.ts';
import type { LogBrokerClient } from '../../proto/rpc/logs.ts';

export interface LogPublisherParts {
  readonly client: LogBrokerClient;
  readonly clock: Clock;
  readonly sessionId: string;
  readonly readId: string;
  /** Number of the first batch. */
  readonly sequence: number;
}

/** What a line costs beside its text, in bytes. */
const lineAllowanceBytes = 64;

/**
 * Sends one log to the manager in batches: one is on its way while the next is filled, and when that is full nothing more is read, so that a
 * slow reader stops the engine.
 */
export class LogPublisher {
  readonly #parts: LogPublisherParts;
  readonly #filled = new Wakeup();
  readonly #emptied = new Wakeup();
  #sequence: number;
  #lines: LogLine[] = [];
  #bytes = 0;
  #end: { readonly error: string } | undefined;

  constructor(parts: LogPublisherParts) {
    this.#parts = parts;
    this.#sequence = parts.sequence;
  }

  /**
   * Sends all that `open` gives, then the end, with the reason when it broke off. Returns early when nobody reads any more.
   * @throws ShoalError when the manager does not take it
   */
  async publish(
    open: (signal: AbortSignal) => AsyncIterable<readonly LogLine[]>,
    signal: AbortSignal,
  ): Promise<void> {
    await using group = new TaskGroup(signal);
    group.spawn('reading', async (inner) => {
      await this.#collect(open(inner), inner);
    });
    group.spawn('sending', async (inner) => {
      await this.#send(inner);
      group.abort();
    });
    await group.settle();
  }

  async #collect(pieces: AsyncIterable<readonly LogLine[]>, signal: AbortSignal): Promise<void> {
    try {
      for await (const lines of pieces) {
        while (this.#bytes >= limits.logBatchBytes && !signal.aborted)
          await this.#emptied.wait(signal);
        if (signal.aborted) return;
        this.#add(lines);
        this.#filled.notify();
      }
      this.#end = { error: '' };
    } catch (error) {
      if (signal.aborted || !isShoalError(error)) throw error;
      this.#end = { error: error.message };
    }
    this.#filled.notify();
  }

  #add(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#bytes += line.text.length + line.details.length + lineAllowanceBytes;
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const lines = this.#lines;
      const end = this.#end;
      if (lines.length === 0 && end === undefined) {
        await this.#filled.wait(signal);
        continue;
      }
      this.#lines = [];
      this.#bytes = 0;
      this.#emptied.notify();
      const isTaken = await this.#deliver(lines, end, signal);
      if (!isTaken || end !== undefined) return;
    }
  }

  /** Sends a batch until it is taken; false when nobody wants it. */
  async #deliver(
    lines: readonly LogLine[],
    end: { readonly error: string } | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { sessionId, readId } = this.#parts;
    const batch = newPublishLogsRequest({
      sessionId,
      readId,
      sequence: this.#sequence,
      lines: [...lines],
      end: end !== undefined,
      error: end?.error ?? '',
    });
    const question = newPublishLogsRequest({ sessionId, readId });
    for (;;) {
      const verdict = await this.#ask(batch, signal);
      if (verdict !== LogVerdict.later) {
        this.#sequence += 1;
        return verdict === LogVerdict.accepted;
      }
      let room: LogVerdict;
      do room = await this.#ask(question, signal);
      while (room === LogVerdict.later);
      if (room !== LogVerdict.accepted) return false;
    }
  }

  /** Asks again while the manager does not answer: the session tells when it is gone. */
  async #ask(request: PublishLogsRequest, signal: AbortSignal): Promise<LogVerdict> {
    const { client, clock } = this.#parts;
    for (;;) {
      try {
        return (await client.publishLogs(request, { signal })).verdict;
      } catch (error) {
        if (signal.aborted || !isManagerAway(error)) throw error;
        await clock.sleep(limits.logRetryMs, signal);
      }
    }
  }
}

function isManagerAway(error: unknown): boolean {
  return isShoalError(error, 'unavailable') || isShoalError(error, 'timeout');
}
