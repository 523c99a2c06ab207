import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import { seededRandom } from '../../common/pure/random.ts';
import { LocalConsensusPort } from '../../manager/consensus/local-port.ts';
import { driverOptions, type DriverOptions } from '../../manager/consensus/options.ts';
import type { ConsensusPort, FromConsensus, ToConsensus } from '../../manager/consensus/port.ts';
import { encodeSet } from '../../manager/proposer/encode-set.ts';
import type { SetRequest } from '../../manager/proposer/port.ts';
import { decodeChangeSet, encodeBatch, newBatch } from '../../proto/gen/changeset.ts';
import { clusterId, lonePorts, memberId } from '../lib/consensus.ts';

/** Request ids of the harness begin here, beyond those of any proposer. */
const firstOwnRequest = 1_000_000_000;

export interface SimConsensusParts {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Differs from one incarnation to the next. */
  readonly entropySeed: number;
  /** How long a message between the two halves takes, milliseconds. */
  readonly handOverMs: number;
  readonly changes: Partial<DriverOptions>;
}

/** The consensus of the manager in this thread, with a door for change sets of the harness: nodes join by one. */
export class SimConsensus implements ConsensusPort {
  readonly #local: LocalConsensusPort;
  #requestId = firstOwnRequest;

  constructor(parts: SimConsensusParts) {
    const { disk, clock, handOverMs } = parts;
    const options = driverOptions({ directory: '/raft', clusterId, memberId }, parts.changes);
    const ports = lonePorts(disk, seededRandom(parts.entropySeed).u32(), clock);
    const never = new AbortController().signal;
    this.#local = new LocalConsensusPort(options, ports, (action) => {
      void clock.sleep(handOverMs, never).then(action);
    });
  }

  post(message: ToConsensus): void {
    this.#local.post(message);
  }

  receive(handler: (message: FromConsensus) => void): void {
    this.#local.receive((message) => {
      if (message.kind === 'outcome' && message.requestId > firstOwnRequest) return;
      handler(message);
    });
  }

  /** Proposes a set that no manager asked for. What became of it shows in the store. */
  propose(request: SetRequest, wallMs: number): void {
    const encoded = encodeSet(request);
    if (encoded.kind === 'refused') throw new Error('the set of the harness is refused');
    this.#requestId += 1;
    const data = encodeBatch(newBatch({ sets: [{ ...decodeChangeSet(encoded.bytes), wallMs }] }));
    this.post({ kind: 'propose', requestId: this.#requestId, term: 0, data });
  }
}
