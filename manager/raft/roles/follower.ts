import type { RaftCore } from '../core.ts';
import { hexId } from '../describe.ts';
import { startElection } from '../election.ts';
import { none } from '../member.ts';
import type { Message, MessageType } from '../message.ts';
import { refusals, type Outcome } from '../outcome.ts';
import { receiveFromLeader } from './from-leader.ts';

const handlers: Partial<Record<MessageType, (core: RaftCore, received: Message) => void>> = {
  MsgApp: leaderHeard,
  MsgHeartbeat: leaderHeard,
  MsgSnap: leaderHeard,
  MsgTransferLeader: (core, received) => forward(core, received, 'leader transfer msg'),
  MsgReadIndex: (core, received) => forward(core, received, 'index reading msg'),
  MsgReadIndexResp: readAnswered,
  MsgForgetLeader: forgetLeader,
  MsgTimeoutNow: takeOver,
};

export function stepFollower(core: RaftCore, received: Message): Outcome {
  if (received.type === 'MsgProp') return forwardProposal(core, received);
  handlers[received.type]?.(core, received);
  return undefined;
}

function leaderHeard(core: RaftCore, received: Message): void {
  core.electionElapsed = 0;
  core.leader = received.from;
  receiveFromLeader(core, received);
}

function readAnswered(core: RaftCore, { index, context }: Message): void {
  core.readStates.push({ index, context });
}

/** The leader wants it: nobody needs to be asked whether the election could be won. */
function takeOver(core: RaftCore, received: Message): void {
  core.options.trace.info(
    () =>
      `${hexId(core.id)} [term ${core.term}] received MsgTimeoutNow from ` +
      `${hexId(received.from)} and starts an election to get leadership.`,
  );
  startElection(core, 'transfer');
}

function forwardProposal(core: RaftCore, received: Message): Outcome {
  const { trace, disableProposalForwarding } = core.options;
  const id = hexId(core.id);
  if (core.leader === none) {
    trace.info(() => `${id} no leader at term ${core.term}; dropping proposal`);
    return refusals.proposalDropped;
  }
  if (disableProposalForwarding) {
    trace.info(
      () =>
        `${id} not forwarding to leader ${hexId(core.leader)} at term ${core.term}; ` +
        'dropping proposal',
    );
    return refusals.proposalDropped;
  }
  core.send({ ...received, to: core.leader, term: 0 });
  return undefined;
}

function forward(core: RaftCore, received: Message, what: string): void {
  if (core.leader === none) {
    core.options.trace.info(
      () => `${hexId(core.id)} no leader at term ${core.term}; dropping ${what}`,
    );
    return;
  }
  core.send({ ...received, to: core.leader, term: 0 });
}

/** Lets a member that has lost sight of the leader vote for another at once. */
function forgetLeader(core: RaftCore): void {
  if (core.options.readOnly === 'lease-based') {
    core.options.trace.error(() => 'ignoring MsgForgetLeader due to ReadOnlyLeaseBased');
    return;
  }
  if (core.leader === none) return;
  core.options.trace.info(
    () => `${hexId(core.id)} forgetting leader ${hexId(core.leader)} at term ${core.term}`,
  );
  core.leader = none;
}
