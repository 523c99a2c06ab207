import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import { LocalConsensusPort } from '../../manager/consensus/local-port.ts';
import { driverOptions, type DriverOptions } from '../../manager/consensus/options.ts';
import type { Peers } from '../../manager/consensus/peers.ts';
import type {
  ConsensusPort,
  FromConsensus,
  Leadership,
  ToConsensus,
} from '../../manager/consensus/port.ts';
import type { ConfState } from '../../manager/raft/snapshot.ts';
import { emptyConfState } from '../../manager/raft/snapshot.ts';
import type { Message } from '../../manager/raft/message.ts';
import { clusterId, testCipher } from '../lib/consensus.ts';
import type { Incarnation } from './incarnation.ts';

export interface SimConsensusParts {
  readonly memberId: number;
  readonly founderRaftId: number;
  readonly disk: Disk;
  /** The clock of the thread. */
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly peers: Peers;
  readonly main: Incarnation;
  readonly thread: Incarnation;
  /** How long a message between the two halves takes, milliseconds. */
  readonly handOverMs: number;
  readonly changes: Partial<DriverOptions>;
  /** Puts something wrong between main and the thread. */
  readonly planted: (port: ConsensusPort) => ConsensusPort;
  /** Hears who leads, as the thread says it. */
  readonly led: (leadership: Leadership) => void;
}

/** The consensus of one manager as a thread of its own: it goes on while its main stands still. */
export class SimConsensus implements ConsensusPort {
  readonly done: Promise<void>;
  leadership: Leadership = { term: 0, leader: undefined, self: false };
  confState: ConfState = emptyConfState;
  readonly #local: LocalConsensusPort;
  /** What main talks to. */
  readonly #port: ConsensusPort;
  readonly #led: (leadership: Leadership) => void;

  constructor(parts: SimConsensusParts) {
    const { memberId, founderRaftId, disk, clock, entropy, peers, main, thread } = parts;
    const options = driverOptions(
      { directory: '/raft', clusterId, memberId },
      { voters: [founderRaftId], ...parts.changes },
    );
    const never = new AbortController().signal;
    this.#led = parts.led;
    this.#local = new LocalConsensusPort(
      options,
      { disk, entropy, cipher: testCipher(), clock, peers },
      (action, to) => {
        const receiver = to === 'main' ? main : thread;
        void clock.sleep(parts.handOverMs, never).then(async () => {
          if (receiver.isPaused || receiver.isDead) await receiver.pass();
          action();
        });
      },
    );
    this.#port = parts.planted(this.#local);
    this.done = this.#local.done;
  }

  post(message: ToConsensus): void {
    this.#port.post(message);
  }

  receive(handler: (message: FromConsensus) => void): void {
    this.#port.receive((message) => {
      if (message.kind === 'members') this.confState = message.confState;
      if (message.kind === 'leadership') {
        this.leadership = message;
        this.#led(message);
      }
      handler(message);
    });
  }

  deliver(message: Message): void {
    this.#local.deliver(message);
  }

  async deliverSnapshot(message: Message, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#local.deliverSnapshot(message, content);
  }

  unreachable(id: number): void {
    this.#local.unreachable(id);
  }

  gone(id: number): void {
    this.#local.gone(id);
  }

  removed(): void {
    this.#local.removed();
  }
}
