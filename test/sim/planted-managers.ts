import type { ConsensusPort, FromConsensus } from '../../manager/consensus/port.ts';
import { standardDeciders } from '../../manager/manager.ts';
import type { Decider, Draft } from '../../manager/store/decider.ts';
import { homeOf, putOp } from '../../manager/store/ops.ts';
import type { StoreView } from '../../manager/store/view.ts';
import { newNodeStatus, NodeState } from '../../proto/gen/objects.ts';
import { override } from './override.ts';
import type { PlantedBug } from './planted-bug.ts';
import { noPlantedParts } from './planted-parts.ts';

/** Long enough for nodes to have been well for long when a leader goes, virtual milliseconds. */
const longChaosMs = 60_000;
/** An entry that one manager skips. */
const skippedEntry = 40;

/** Bugs of one manager among several that the simulator must find. */
export const plantedManagers: readonly PlantedBug[] = [
  {
    name: 'a manager that forgets a set which the others apply',
    invariants: ['R10', 'crash'],
    changes: { managers: 3 },
    parts: () => ({
      ...noPlantedParts,
      consensus: (port, index) => (index === 1 ? forgetsEntry(port) : port),
    }),
  },
  {
    name: 'a manager that takes itself for the leader',
    invariants: ['R1'],
    changes: { managers: 3 },
    parts: () => ({
      ...noPlantedParts,
      consensus: (port, index) => (index === 2 ? alwaysLeads(port) : port),
    }),
  },
  {
    name: 'a new leader that takes all nodes for gone',
    invariants: ['R12'],
    faults: ['gracefulStop', 'demote'],
    changes: { managers: 3, chaosMs: longChaosMs, linkMs: 1, faultEveryMs: 5000, faultMs: 2000 },
    parts: () => ({ ...noPlantedParts, managerParts: { deciders: doubtingDeciders } }),
  },
  {
    name: 'managers that answer and take sessions without asking whether they are up to date',
    invariants: ['S6', 'T10', 'API'],
    changes: { managers: 3, workers: 0, peerMs: 20 },
    parts: () => ({ ...noPlantedParts, consensus: answersBarriers }),
  },
];

/** `port`, with what it says changed; undefined is not said. */
function saying(
  port: ConsensusPort,
  change: (message: FromConsensus) => FromConsensus | undefined,
): ConsensusPort {
  return override(port, {
    receive: (handler) => {
      port.receive((message) => {
        const said = change(message);
        if (said !== undefined) handler(said);
      });
    },
  });
}

function forgetsEntry(port: ConsensusPort): ConsensusPort {
  return saying(port, (message) => {
    if (message.kind !== 'committed') return message;
    const entries = message.entries.map((entry) =>
      entry.index === skippedEntry ? { ...entry, data: new Uint8Array() } : entry,
    );
    return { ...message, entries };
  });
}

function alwaysLeads(port: ConsensusPort): ConsensusPort {
  return saying(port, (message) =>
    message.kind === 'leadership' && message.leader !== undefined
      ? { ...message, self: true }
      : message,
  );
}

/** Deciders of one leadership: the first that is asked marks every node down. */
function doubtingDeciders(): readonly Decider[] {
  let isFirst = true;
  return standardDeciders().map((decider) =>
    override(decider, {
      decide: (view, key, now, budget) => {
        const decision = decider.decide(view, key, now, budget);
        if (!isFirst) return decision;
        isFirst = false;
        return { ...decision, sets: [...decision.sets, allDown(view)] };
      },
    }),
  );
}

function allDown(view: StoreView): Draft {
  const ops = view.nodes().map(({ id, status }) => {
    const value = newNodeStatus({ ...status, state: NodeState.nodeDown });
    return putOp({ ...homeOf.nodeStatus, key: id }, { kind: 'nodeStatus', value });
  });
  return { reason: 'a new leader doubts', reads: [], claims: [], ops };
}

/** Main hears at once that what it has is new enough. */
function answersBarriers(port: ConsensusPort): ConsensusPort {
  let index = 0;
  let hear: ((message: FromConsensus) => void) | undefined;
  return override(port, {
    receive: (handler) => {
      hear = handler;
      port.receive((message) => {
        if (message.kind === 'committed') index = message.entries.at(-1)?.index ?? index;
        if (message.kind === 'snapshotChunk') index = Math.max(index, message.index);
        handler(message);
      });
    },
    post: (message) => {
      if (message.kind !== 'readBarrier') {
        port.post(message);
        return;
      }
      const { requestId } = message;
      void Promise.resolve().then(() => hear?.({ kind: 'barrierDone', requestId, index }));
    },
  });
}
