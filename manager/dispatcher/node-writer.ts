import { ShoalError } from '../../common/pure/errors.ts';
import type { NodeId, SetId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { encodeOp } from '../../proto/gen/changeset.ts';
import type { Op } from '../../proto/gen/changeset.ts';
import type { TaskReport } from '../../proto/gen/dispatcher.ts';
import type { ProposerPort } from '../proposer/port.ts';
import { nodeStatusOp, planReports } from './reports.ts';
import type { SeenStatus } from './reports.ts';

/** Times a report is looked at again because the store had moved on meanwhile. */
const attemptsMax = 8;

export interface NodeWriterParts {
  readonly proposer: ProposerPort;
  readonly newSetId: () => SetId;
}

/** Turns what nodes say into change sets of actor `node:<id>`. Each call resolves after the commit. */
export class NodeWriter {
  readonly #parts: NodeWriterParts;

  constructor(parts: NodeWriterParts) {
    this.#parts = parts;
  }

  /**
   * Gives a node that is there another status, where it has another.
   * @param term what only the leader of this term may say; 0 for what the node says itself.
   * @throws ShoalError as `report`
   */
  async setStatus(
    nodeId: NodeId,
    status: SeenStatus,
    signal: AbortSignal,
    term = 0,
  ): Promise<void> {
    const op = nodeStatusOp(this.#parts.proposer.view, nodeId, status);
    const change = { nodeId, reason: 'node status', term };
    if (op !== undefined) await this.#submit(change, [op], signal);
  }

  /**
   * Takes the statuses of a node's tasks; gives the tasks that are not its own.
   * @throws ShoalError `notLeader`, `tooBusy`, `unknownOutcome` (say it again); `conflict` when it never fits
   */
  async report(
    nodeId: NodeId,
    reports: readonly TaskReport[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const { ops, unknown } = planReports(this.#parts.proposer.view, nodeId, reports);
      if (ops.length === 0) return unknown;
      const change = { nodeId, reason: 'status report', term: 0 };
      for (const part of setsOf(ops)) await this.#submit(change, part, signal);
      // What was refused (a task went away meanwhile) or is new shows in the next look.
    }
    throw new ShoalError('conflict', 'tasks of the report change all the time; report again');
  }

  /** Resolves when the set took effect, or the store had moved on. */
  async #submit(
    { nodeId, reason, term }: { nodeId: NodeId; reason: string; term: number },
    ops: readonly Op[],
    signal: AbortSignal,
  ): Promise<void> {
    const id = this.#parts.newSetId();
    const actor = { kind: 'node', nodeId } as const;
    const outcome = await this.#parts.proposer.submit(
      { id, term, actor, reason, traceId: id, minLevel: 1, reads: [], claims: [], ops },
      signal,
    );
    switch (outcome.kind) {
      case 'done':
        return;
      case 'refused':
        if (outcome.refusal.kind !== 'invalid') return;
        throw new ShoalError('internal', `the change is not valid: ${outcome.refusal.message}`);
      case 'dropped':
        throw new ShoalError(
          outcome.reason === 'tooBusy' || outcome.reason === 'diskFull' ? 'tooBusy' : 'notLeader',
          'the change was not taken',
        );
      case 'unknown':
        throw new ShoalError('unknownOutcome', 'the change may or may not have been made');
    }
  }
}

/** Cuts operations into as few sets as the limits allow; half of a set's bytes are left to all else. */
function setsOf(ops: readonly Op[]): Op[][] {
  const sets: Op[][] = [];
  let set: Op[] = [];
  let bytes = 0;
  for (const op of ops) {
    const opBytes = encodeOp(op).length;
    if (set.length === limits.setOps || (set.length > 0 && bytes + opBytes > limits.setBytes / 2)) {
      sets.push(set);
      set = [];
      bytes = 0;
    }
    set.push(op);
    bytes += opBytes;
  }
  if (set.length > 0) sets.push(set);
  return sets;
}
