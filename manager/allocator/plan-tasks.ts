import { limits } from '../../common/pure/limits.ts';
import { newTaskNetwork, type TaskNetwork } from '../../proto/gen/objects.ts';
import type { Claim, Op, Read } from '../../proto/gen/changeset.ts';
import type { Budget, DecideTime, Draft } from '../store/decider.ts';
import { take, withUnknown } from '../store/ops.ts';
import type { TaskRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { addressKey, type AddressPool } from './address-pool.ts';
import { attachmentsOf } from './attachments.ts';
import { putTaskNetwork, readTaskNetwork } from './drafts.ts';
import { addressSpace } from './spaces.ts';

export interface TaskInput {
  readonly view: StoreView;
  readonly pool: AddressPool;
  /** Tasks of one service that have no addresses yet, in any order. */
  readonly waiting: readonly TaskRow[];
  /** Why the service itself cannot be allocated, which then is each task's error too; or empty. */
  readonly refusal: string;
}

/** Gives each waiting task an address in every network of its spec, lower slots first; several sets if need be. */
export function planTasks(
  input: TaskInput,
  now: DecideTime,
  budget: Budget,
): { readonly sets: readonly Draft[]; readonly more: boolean } {
  const sets: Draft[] = [];
  const tasks = input.waiting.toSorted(bySlot);
  let done = 0;
  while (done < tasks.length) {
    const chunk = tasks.slice(done, done + limits.deciderChunkOps);
    const draft = draftOf(input, chunk, now);
    if (draft.ops.length > 0) sets.push(draft);
    done += chunk.length;
    if (!budget.spend(chunk.length)) break;
  }
  return { sets, more: done < tasks.length };
}

function bySlot(left: TaskRow, right: TaskRow): number {
  if (left.slot !== right.slot) return left.slot - right.slot;
  return left.id < right.id ? -1 : 1;
}

function draftOf(input: TaskInput, tasks: readonly TaskRow[], now: DecideTime): Draft {
  const ops: Op[] = [];
  const claims: Claim[] = [];
  const reads: Read[] = [];
  let granted = 0;
  for (const task of tasks) {
    const network = networkOf(input, task, now);
    if (network.error === '') granted += 1;
    else if (network.error === task.networkError) continue;
    ops.push(putTaskNetwork(task, network));
    reads.push(readTaskNetwork(task));
    for (const address of network.addresses) {
      claims.push(take(addressSpace(address.networkId), addressKey(address), task.id));
    }
  }
  const reason = granted === 0 ? 'tasks cannot be allocated' : 'tasks allocated';
  return { reason, reads, claims, ops };
}

function networkOf(input: TaskInput, task: TaskRow, now: DecideTime): TaskNetwork {
  const fields = input.refusal === '' ? grantFor(input, task, now) : { error: input.refusal };
  return withUnknown(newTaskNetwork(fields), task.unknown?.network);
}

function grantFor(input: TaskInput, task: TaskRow, now: DecideTime): Partial<TaskNetwork> {
  const attachments = attachmentsOf(input.view, task.revision.spec);
  if (attachments.kind === 'missing') return { error: attachments.error };
  const grant = input.pool.grant(attachments.networks, task.id, task.addresses);
  if (grant.kind === 'refused') return { error: grant.error };
  return { addresses: grant.addresses, allocatedAtMs: Math.max(1, now.clusterMs) };
}
