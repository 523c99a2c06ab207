import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import type { SetId } from '../../common/pure/ids.ts';
import type { RequestContext } from '../../common/ports/cluster-api.ts';
import type { Claim, Op, Read } from '../../proto/gen/changeset.ts';
import type { DropReason, ProposerPort, Refusal } from '../proposer/port.ts';
import type { StoreView } from '../store/view.ts';

/** A use case's answer: the change to make, and what to tell the caller once it is made. */
export interface Change<Result> {
  readonly reason: string;
  readonly reads: readonly Read[];
  readonly claims: readonly Claim[];
  readonly ops: readonly Op[];
  readonly result: Result;
  /** True when it relies on more than `reads` and `claims` name, so that it must be computed from a fresh view. */
  readonly needsFreshView?: boolean;
}

/** Times a change is computed again because what it was computed from had changed. */
const attemptsMax = 8;

export interface SubmitParts {
  readonly proposer: ProposerPort;
  readonly newSetId: () => SetId;
  /** Why nobody may change anything but by removing, if that is so. */
  readonly refusal?: () => ShoalError | undefined;
}

/**
 * Computes a change and submits it; when what it relies on was or became another, computes it again.
 *
 * @throws what `compute` throws; what `refusal` gives; ShoalError `unknownOutcome`, `tooBusy`, `diskFull`, `lostQuorum`, `conflict`
 */
export async function submitChange<Result>(
  parts: SubmitParts,
  context: RequestContext,
  compute: (view: StoreView) => Change<Result>,
): Promise<Result> {
  const refusal = parts.refusal?.();
  if (refusal !== undefined) throw refusal;
  return await submitAnyway(parts, context, compute);
}

/** As `submitChange`, also where nothing may be changed: for what removes. */
export async function submitAnyway<Result>(
  parts: Omit<SubmitParts, 'refusal'>,
  context: RequestContext,
  compute: (view: StoreView) => Change<Result>,
): Promise<Result> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const change = await computeSoundly(parts.proposer, context, compute);
    const id = parts.newSetId();
    const outcome = await parts.proposer.submit(
      {
        id,
        term: 0,
        actor: context.actor,
        reason: change.reason,
        traceId: context.traceId,
        minLevel: 1,
        reads: change.reads,
        claims: change.claims,
        ops: change.ops,
      },
      context.signal,
    );
    if (outcome.kind === 'done') return change.result;
    if (outcome.kind === 'unknown')
      throw new ShoalError('unknownOutcome', 'the change may or may not have been made');
    if (outcome.kind === 'dropped') throw dropped(outcome.reason);
    refuseFinal(outcome.refusal);
  }
  throw new ShoalError('conflict', 'the object is being changed by others all the time; try again');
}

/**
 * Computes on the view that this member has, however old it is: where the change takes effect, all that it relies on is looked at again. A view
 * that refuses the change may be older than what the caller has seen, so its refusal counts behind a barrier only.
 */
async function computeSoundly<Result>(
  proposer: ProposerPort,
  { signal }: RequestContext,
  compute: (view: StoreView) => Change<Result>,
): Promise<Change<Result>> {
  try {
    const change = compute(proposer.view);
    if (change.needsFreshView !== true) return change;
  } catch (error) {
    if (!isShoalError(error)) throw error;
  }
  await proposer.barrier(signal);
  return compute(proposer.view);
}

function dropped(reason: DropReason): ShoalError {
  if (reason === 'diskFull')
    return new ShoalError(
      'diskFull',
      'no space left on the device that holds the data root: make room, and changes are taken again',
    );
  if (reason === 'tooBusy')
    return new ShoalError('tooBusy', 'too many changes wait to be made; try again later');
  return new ShoalError('lostQuorum', 'no manager leads at the moment');
}

/** What another look at the store cannot mend. */
function refuseFinal(refusal: Refusal): void {
  if (refusal.kind === 'invalid')
    throw new ShoalError('internal', `the change is not valid: ${refusal.message}`);
  if (refusal.kind === 'level')
    throw new ShoalError('levelTooLow', 'the cluster is not upgraded far enough for this change');
}
