import type { Log } from '../../common/ports/log.ts';
import type {
  CommittedEntry,
  ConsensusPort,
  FromConsensus,
  ToConsensus,
} from '../../manager/consensus/port.ts';
import { Store } from '../../manager/store/store.ts';
import { Proposer } from '../../manager/proposer/proposer.ts';
import type { LeaderLink, SetOutcome, SetRequest } from '../../manager/proposer/port.ts';
import { newClaim } from '../../proto/gen/changeset.ts';
import { VirtualClock } from './virtual-clock.ts';

type Propose = Extract<ToConsensus, { kind: 'propose' }>;

/** Consensus played by hand: the test sees what was posted, and says what comes back and when. */
export class FakeConsensus implements ConsensusPort {
  readonly posted: ToConsensus[] = [];
  #handler: ((message: FromConsensus) => void) | undefined;
  #index = 0;
  term = 1;
  /** Whether questions for a read barrier are answered at once, with all that was committed. */
  answersBarriers = false;

  post(message: ToConsensus): void {
    this.posted.push(message);
    if (message.kind !== 'readBarrier' || !this.answersBarriers) return;
    queueMicrotask(() => {
      this.say({ kind: 'barrierDone', requestId: message.requestId, index: this.#index });
    });
  }

  receive(handler: (message: FromConsensus) => void): void {
    this.#handler = handler;
  }

  say(message: FromConsensus): void {
    this.#handler?.(message);
  }

  /** What was proposed and not yet looked at here. */
  takeProposals(): Propose[] {
    const proposals = this.posted.filter((message) => message.kind === 'propose');
    this.forget('propose');
    return proposals;
  }

  of<Kind extends ToConsensus['kind']>(kind: Kind): Extract<ToConsensus, { kind: Kind }>[] {
    return this.posted.filter(
      (message): message is Extract<ToConsensus, { kind: Kind }> => message.kind === kind,
    );
  }

  forget(kind: ToConsensus['kind']): void {
    this.posted.splice(0, this.posted.length, ...this.posted.filter((m) => m.kind !== kind));
  }

  lead(self = true): void {
    this.say({ kind: 'leadership', term: this.term, leader: self ? 1 : 2, self });
  }

  /** The next entry of the log. */
  entry(data: Uint8Array): CommittedEntry {
    this.#index += 1;
    return { index: this.#index, term: this.term, data };
  }

  /** Commits `data` as the next entry and hands it over. */
  commit(data: Uint8Array): void {
    this.say({ kind: 'committed', entries: [this.entry(data)] });
  }

  answer(requestId: number, outcome: 'committed' | 'dropped' | 'unknown'): void {
    this.say({ kind: 'outcome', requestId, outcome, index: this.#index });
  }
}

/** A proposer over that, leading in term 1 unless told otherwise. */
export class ProposerRig implements AsyncDisposable {
  readonly consensus = new FakeConsensus();
  readonly store = new Store();
  readonly clock = new VirtualClock();
  readonly proposer: Proposer;
  readonly signal: AbortSignal = new AbortController().signal;
  #sets = 0;

  constructor(options: { readonly leads?: boolean; readonly leader?: LeaderLink } = {}) {
    const { consensus, store, clock } = this;
    const { leader } = options;
    const link = leader === undefined ? {} : { leader };
    this.proposer = new Proposer({ consensus, store, clock, log: silentLog, ...link });
    if (options.leads !== false) consensus.lead();
  }

  /** A set that takes a key of its own. */
  request(fields: Partial<SetRequest> = {}): SetRequest {
    this.#sets += 1;
    return {
      id: `set-${this.#sets}`,
      term: 0,
      actor: { kind: 'user', name: 'test' },
      reason: 'test',
      traceId: '',
      minLevel: 0,
      reads: [],
      claims: [newClaim({ space: 'key', key: `k${this.#sets}`, owner: 'me' })],
      ops: [],
      ...fields,
    };
  }

  /** Submits, and says what came of it without waiting. */
  submit(fields: Partial<SetRequest> = {}): { outcome: SetOutcome | undefined } {
    const result: { outcome: SetOutcome | undefined } = { outcome: undefined };
    void this.proposer.submit(this.request(fields), this.signal).then((outcome) => {
      result.outcome = outcome;
    });
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proposer[Symbol.asyncDispose]();
  }
}

/** A log that nobody reads. */
export const silentLog: Log = { at: () => undefined, with: () => silentLog };
