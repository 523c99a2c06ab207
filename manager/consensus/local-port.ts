import { ConsensusDriver, type DriverPorts } from './driver.ts';
import type { DriverOptions } from './options.ts';
import type { Message } from '../raft/message.ts';
import { invariant } from '../../common/pure/invariant.ts';
import { ownMessage } from './message.ts';
import type { ConsensusPort, FromConsensus, ToConsensus } from './port.ts';

/** Runs `action` on the side that it goes to, later, never within the call. Calls in one direction keep their order. */
export type HandOver = (action: () => void, to: 'driver' | 'main') => void;

/**
 * Consensus in this thread behind the very port of the real thread: for the simulator and tests.
 *
 * Each message is copied and arrives later, in order, in its direction; by default in a microtask, or after whatever
 * virtual delay `handOver` adds.
 */
export class LocalConsensusPort implements ConsensusPort {
  readonly #driver: ConsensusDriver;
  readonly #handOver: HandOver;
  readonly #toDriver: ToConsensus[] = [];
  readonly #toMain: FromConsensus[] = [];
  #handler: ((message: FromConsensus) => void) | undefined;
  /** Ends when consensus has ended. */
  readonly done: Promise<void>;

  constructor(options: DriverOptions, ports: DriverPorts, handOver: HandOver = queueMicrotask) {
    this.#handOver = handOver;
    this.#driver = new ConsensusDriver(options, ports, (message) => {
      this.#sendToMain(message);
    });
    this.done = this.#driver.run();
  }

  post(message: ToConsensus): void {
    this.#toDriver.push(ownMessage(message));
    this.#handOver(() => {
      const next = this.#toDriver.shift();
      if (next !== undefined) this.#driver.post(next);
    }, 'driver');
  }

  /** Takes a message of another member. */
  deliver(message: Message): void {
    this.#driver.receive(message);
  }

  /** Takes a snapshot of another member. @throws what the driver does. */
  async deliverSnapshot(message: Message, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#driver.receiveSnapshot(message, content);
  }

  /** What was sent to member `id` may be lost. */
  unreachable(id: number): void {
    this.#driver.unreachable(id);
  }

  /** The process of member `id` is gone. */
  gone(id: number): void {
    this.#driver.gone(id);
  }

  /** Another member says that this one was removed. */
  removed(): void {
    this.#driver.removed();
  }

  receive(handler: (message: FromConsensus) => void): void {
    invariant(this.#handler === undefined, 'the port has one receiver');
    this.#handler = handler;
    this.#drain();
  }

  #sendToMain(message: FromConsensus): void {
    this.#toMain.push(ownMessage(message));
    this.#handOver(() => {
      this.#deliver();
    }, 'main');
  }

  #deliver(): void {
    if (this.#handler === undefined) return;
    const message = this.#toMain.shift();
    if (message !== undefined) this.#handler(message);
  }

  /** Hands over, later, what came before there was a receiver. */
  #drain(): void {
    for (let count = this.#toMain.length; count > 0; count -= 1) {
      this.#handOver(() => {
        this.#deliver();
      }, 'main');
    }
  }
}
