import type { RaftOptions, ReadOnlyOption } from '../../../manager/raft/config.ts';
import {
  describeEntry,
  describeMessage,
  describeProgressMap,
} from '../../../manager/raft/describe.ts';
import { isLocalThread, type MemberId } from '../../../manager/raft/member.ts';
import { message, type Message } from '../../../manager/raft/message.ts';
import type { Outcome } from '../../../manager/raft/outcome.ts';
import { isVoter } from '../../../manager/raft/quorum/joint.ts';
import { describeReady } from '../../../manager/raft/ready.ts';
import type { Snapshot } from '../../../manager/raft/snapshot.ts';
import type { Transition } from '../../../manager/raft/confchange/change.ts';
import { parseChanges } from './changes.ts';
import {
  booleanOf,
  hasArg,
  numberOf,
  plainArgs,
  valueOf,
  type Arg,
  type Directive,
} from './datadriven.ts';
import { RaftGroup } from './group.ts';
import { joined, ScriptMember } from './script-member.ts';
import { levelOf, ScriptOutput } from './script-output.ts';

const encoder = new TextEncoder();
const electionTicks = 3;
const heartbeatTicks = 1;

const transitions: Readonly<Record<string, Transition>> = {
  auto: 'ConfChangeTransitionAuto',
  implicit: 'ConfChangeTransitionJointImplicit',
  explicit: 'ConfChangeTransitionJointExplicit',
};

/** To whom messages are delivered, and whether they arrive. */
interface Recipient {
  readonly id: MemberId;
  readonly drop: boolean;
}

/** The text of what went wrong, if something did. */
type Command = (directive: Directive) => string | undefined | void;

/**
 * A group of members, whose every step a script asks for: messages wait in one bag until they are delivered, and storage
 * and state machine work when they are told to.
 */
export class Interaction {
  readonly #group = new RaftGroup();
  readonly #output = new ScriptOutput();

  readonly #commands: Readonly<Record<string, Command>> = {
    'add-nodes': (directive) => this.#addNodes(directive),
    _breakpoint: () => undefined,
    campaign: (directive) => this.#first(directive).node.campaign(),
    compact: (directive) => this.#compact(directive),
    'deliver-msgs': (directive) => this.#deliverCommand(directive),
    'process-ready': (directive) =>
      this.#each(directive, 'handling Ready', (id) => this.#processReady(id)),
    'process-append-thread': (directive) =>
      this.#each(directive, 'processing append thread', (id) => this.#processAppend(id)),
    'process-apply-thread': (directive) =>
      this.#each(directive, 'processing apply thread', (id) => this.#processApply(id)),
    'log-level': (directive) => {
      this.#output.level = levelOf(plainArgs(directive)[0]);
    },
    'raft-log': (directive) => this.#printLog(this.#first(directive)),
    'raft-state': () => this.#printStates(),
    'set-randomized-election-timeout': (directive) =>
      this.#first(directive).node.setRandomizedElectionTicks(
        numberOf(valueOf(directive, 'timeout')),
      ),
    stabilize: (directive) => this.#stabilizeCommand(directive),
    status: (directive) =>
      this.#output.print(describeProgressMap(this.#first(directive).node.status().progress)),
    'tick-election': (directive) => this.#tick(directive, electionTicks),
    tick: (directive) => this.#tick(directive, 1),
    'tick-heartbeat': (directive) => this.#tick(directive, heartbeatTicks),
    'transfer-leadership': (directive) =>
      this.#member(numberOf(valueOf(directive, 'from'))).node.transferLeader(
        numberOf(valueOf(directive, 'to')),
      ),
    'forget-leader': (directive) => this.#first(directive).node.forgetLeader(),
    'send-snapshot': (directive) => this.#sendSnapshot(directive),
    propose: (directive) =>
      this.#first(directive).node.propose(encoder.encode(wordAt(directive, 1))),
    'propose-conf-change': (directive) => this.#proposeConfChange(directive),
    'deliver-one': (directive) => this.#one(directive, 'deliver'),
    'duplicate-one': (directive) => this.#one(directive, 'duplicate'),
    'drop-one': (directive) => this.#one(directive, 'drop'),
    restart: (directive) => this.#group.restart(this.#first(directive).id),
    'crash-in-append': (directive) => {
      const member = this.#first(directive);
      member.writePartly(numberOf(valueOf(directive, 'entries')));
      this.#group.restart(member.id);
    },
    'keep-snapshot': (directive) => {
      this.#first(directive).keepSnapshot(numberOf(valueOf(directive, 'trailing')));
    },
    'read-index': (directive) =>
      this.#first(directive).node.readIndex(numberOf(wordAt(directive, 1))),
    'report-snapshot': (directive) =>
      this.#first(directive).node.reportSnapshot(
        numberOf(wordAt(directive, 1)),
        booleanOf(valueOf(directive, 'arrived')),
      ),
    'report-unreachable': (directive) =>
      this.#first(directive).node.reportUnreachable(numberOf(wordAt(directive, 1))),
  };

  /** What the directive prints. */
  run(directive: Directive): string {
    this.#output.take();
    const command = this.#commands[directive.command];
    if (command === undefined) throw new Error(`unknown command ${directive.command}`);
    const problem = command(directive);
    if (typeof problem === 'string') {
      if (this.#output.isSilent) return problem;
      this.#output.print(problem);
    }
    const text = this.#output.take();
    return text === '' ? 'ok' : text;
  }

  #member(id: MemberId): ScriptMember {
    return this.#group.member(id);
  }

  #first(directive: Directive): ScriptMember {
    return this.#member(numberOf(plainArgs(directive)[0]));
  }

  #addNodes(directive: Directive): string | undefined {
    const start = startOf(directive);
    if (start.isGiven && start.snapshot.index <= 1) {
      return 'index must be specified as > 1 due to bootstrap';
    }
    const count = numberOf(plainArgs(directive)[0]);
    for (let added = 0; added < count; added += 1) {
      const id = this.#group.members.length + 1;
      const options = { ...optionsOf(directive), id, trace: this.#output.trace };
      const applied = start.snapshot.index;
      this.#group.members.push(
        new ScriptMember({
          options: { ...options, applied },
          start: start.snapshot,
          fold: joined,
        }),
      );
    }
    return undefined;
  }

  #compact(directive: Directive): void {
    const member = this.#first(directive);
    member.storage.compact(numberOf(wordAt(directive, 1)));
    this.#printLog(member);
  }

  #deliverCommand(directive: Directive): void {
    const type = valueOf(directive, 'type');
    let count = 0;
    for (const recipient of recipientsOf(directive)) count += this.#deliver(recipient, type);
    if (count === 0) this.#output.println('no messages');
  }

  /** Delivers, or drops, all that waits for a member. How many there were. */
  #deliver(recipient: Recipient, type?: string): number {
    const isMeant = (one: Message): boolean =>
      one.to === recipient.id &&
      (type === undefined || one.type === type) &&
      !(recipient.drop && isLocal(one));
    const taken = this.#group.messages.filter((one) => isMeant(one));
    this.#group.messages = this.#group.messages.filter((one) => !isMeant(one));
    for (const one of taken) {
      this.#output.println(`${recipient.drop ? 'dropped: ' : ''}${describeMessage(one)}`);
      if (recipient.drop) continue;
      const problem = this.#member(recipient.id).node.step(one);
      if (problem !== undefined) this.#output.println(problem);
    }
    return taken.length;
  }

  /** What becomes of one message, by its place in the bag. */
  #one(directive: Directive, what: 'deliver' | 'duplicate' | 'drop'): void {
    const position = numberOf(plainArgs(directive)[0]);
    const one = this.#group.messages[position];
    if (one === undefined) {
      this.#output.println('no such message');
      return;
    }
    this.#output.println(`${what === 'drop' ? 'dropped: ' : ''}${describeMessage(one)}`);
    if (what !== 'duplicate') this.#group.take(position);
    if (what === 'drop') return;
    const problem = this.#group.deliver(one);
    if (problem !== undefined) this.#output.println(problem);
  }

  /** Does something for each member named; with several, under a title for each. */
  #each(directive: Directive, title: string, run: (id: MemberId) => void): void {
    const ids = plainArgs(directive).map(numberOf);
    for (const id of ids) {
      if (ids.length === 1) {
        run(id);
      } else {
        this.#output.println(`> ${id} ${title}`);
        this.#output.indented(() => run(id));
      }
    }
  }

  #processReady(id: MemberId): void {
    this.#group.ready(id, (ready) => this.#output.print(describeReady(ready)));
  }

  #processAppend(id: MemberId): void {
    const [work] = this.#member(id).appendWork;
    if (work === undefined) {
      this.#output.println('no append work to perform');
      return;
    }
    this.#printWork(work);
    this.#group.append(id);
  }

  #processApply(id: MemberId): void {
    const [work] = this.#member(id).applyWork;
    if (work === undefined) {
      this.#output.println('no apply work to perform');
      return;
    }
    this.#printWork(work);
    this.#group.apply(id);
  }

  #printWork(work: Message): void {
    this.#output.println('Processing:');
    this.#output.println(describeMessage({ ...work, responses: [] }));
    this.#output.println('Responses:');
    for (const response of work.responses) this.#output.println(describeMessage(response));
  }

  #printLog({ storage }: ScriptMember): void {
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) {
      this.#output.println(`log is empty: first index=${first}, last index=${last}`);
      return;
    }
    const entries = storage.entries(first, last + 1, Infinity);
    if (typeof entries === 'string') throw new Error(`the log is ${entries}`);
    this.#output.print(entries.map((entry) => `${describeEntry(entry)}\n`).join(''));
  }

  #printStates(): void {
    for (const { node } of this.#group.members) {
      const { id, softState, hardState, config } = node.status();
      const kind = isVoter(config.voters, id) ? 'Voter' : 'Non-Voter';
      this.#output.println(
        `${id}: ${softState.role} (${kind}) Term:${hardState.term} Lead:${softState.leader}`,
      );
    }
  }

  #stabilizeCommand(directive: Directive): void {
    const { level } = this.#output;
    const temporary = valueOf(directive, 'log-level');
    if (temporary !== undefined) this.#output.level = levelOf(temporary);
    const named = plainArgs(directive).map(numberOf);
    const ids = named.length > 0 ? named : this.#group.members.map((_, position) => position + 1);
    while (this.#stabilizeOnce(ids));
    this.#output.level = level;
  }

  /** One round of everything. False: there was nothing left to do. */
  #stabilizeOnce(ids: readonly MemberId[]): boolean {
    let isBusy = false;
    const under = (title: string, run: () => void): void => {
      isBusy = true;
      this.#output.println(title);
      this.#output.indented(run);
    };
    for (const id of ids) {
      if (this.#member(id).node.hasReady) {
        under(`> ${id} handling Ready`, () => this.#processReady(id));
      }
    }
    for (const id of ids) {
      if (this.#group.messages.some((one) => one.to === id)) {
        under(`> ${id} receiving messages`, () => this.#deliver({ id, drop: false }));
      }
    }
    for (const id of ids) {
      const work = this.#member(id).appendWork;
      if (work.length === 0) continue;
      this.#output.println(`> ${id} processing append thread`);
      isBusy = true;
      while (work.length > 0) this.#output.indented(() => this.#processAppend(id));
    }
    for (const id of ids) {
      const work = this.#member(id).applyWork;
      if (work.length === 0) continue;
      this.#output.println(`> ${id} processing apply thread`);
      isBusy = true;
      while (work.length > 0) this.#output.indented(() => this.#processApply(id));
    }
    return isBusy;
  }

  #tick(directive: Directive, count: number): void {
    const { node } = this.#first(directive);
    for (let ticks = 0; ticks < count; ticks += 1) node.tick();
  }

  #sendSnapshot(directive: Directive): void {
    const from = numberOf(wordAt(directive, 0));
    const member = this.#member(from);
    const snapshot = member.storage.snapshot();
    const { term } = member.node.status().hardState;
    const sent = message({
      type: 'MsgSnap',
      to: numberOf(wordAt(directive, 1)),
      from,
      term,
      snapshot,
    });
    this.#group.messages.push(sent);
    this.#output.println(describeMessage(sent));
  }

  #proposeConfChange(directive: Directive): Outcome {
    const transition = transitions[valueOf(directive, 'transition') ?? 'auto'];
    if (transition === undefined) throw new Error('unknown transition');
    const changes = parseChanges(directive.input);
    const isFirstForm = booleanOf(valueOf(directive, 'v1') ?? 'false');
    return this.#first(directive).node.proposeConfChange(
      isFirstForm ? 'EntryConfChange' : 'EntryConfChangeV2',
      { transition, changes },
    );
  }
}

function wordAt(directive: Directive, position: number): string {
  const word = plainArgs(directive)[position];
  if (word === undefined) throw new Error(`${directive.command} lacks an argument`);
  return word;
}

function isLocal({ from, to }: Message): boolean {
  return from === to || isLocalThread(from) || isLocalThread(to);
}

/** In the order in which they are named, those to be dropped too. */
function recipientsOf(directive: Directive): readonly Recipient[] {
  return directive.args.flatMap(({ key, values }: Arg): readonly Recipient[] => {
    if (key === 'drop') return values.map((value) => ({ id: numberOf(value), drop: true }));
    if (key === 'type') return [];
    return [{ id: numberOf(key), drop: false }];
  });
}

function idsOf(directive: Directive, key: string): readonly MemberId[] {
  const values = directive.args.find((arg) => arg.key === key)?.values ?? [];
  return values.map(numberOf);
}

function startOf(directive: Directive): { readonly isGiven: boolean; readonly snapshot: Snapshot } {
  const isGiven = ['voters', 'learners', 'index', 'content'].some((key) => hasArg(directive, key));
  const snapshot: Snapshot = {
    data: encoder.encode(valueOf(directive, 'content') ?? ''),
    index: isGiven ? numberOf(valueOf(directive, 'index') ?? '0') : 0,
    term: isGiven ? 1 : 0,
    confState: {
      voters: idsOf(directive, 'voters'),
      learners: idsOf(directive, 'learners'),
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    },
  };
  return { isGiven, snapshot };
}

function optionsOf(
  directive: Directive,
): Omit<RaftOptions, 'id' | 'storage' | 'trace' | 'applied'> {
  const flag = (key: string): boolean => booleanOf(valueOf(directive, key) ?? 'false');
  const limit = (key: string): number => {
    const value = valueOf(directive, key);
    return value === undefined ? Infinity : numberOf(value);
  };
  return {
    electionTicks,
    heartbeatTicks,
    chance: { below: () => 0 },
    messageBytesMax: limit('max-size-per-msg'),
    applyingBytesMax: limit('max-committed-size-per-ready'),
    uncommittedBytesMax: limit('max-uncommitted-size'),
    inflightMessagesMax: limit('inflight'),
    inflightBytesMax: limit('max-inflight-bytes'),
    asyncStorageWrites: flag('async-storage-writes'),
    checkQuorum: flag('checkquorum'),
    preVote: flag('prevote'),
    readOnly: readOnlyOf(valueOf(directive, 'read-only')),
    disableProposalForwarding: flag('disable-proposal-forwarding'),
    disableConfChangeValidation: flag('disable-conf-change-validation'),
    stepDownOnRemoval: flag('step-down-on-removal'),
  };
}

function readOnlyOf(text: string | undefined): ReadOnlyOption {
  if (text === undefined || text === 'safe') return 'safe';
  if (text === 'lease-based') return 'lease-based';
  throw new Error(`unknown read-only option ${text}`);
}
