import type { ClusterApi, RequestContext } from '../../common/ports/cluster-api.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';

/** Why a manager that serves does not leave without force: with the numbers that tell what that would do, where they can be had. */
export async function leaveRefusal(
  api: ClusterApi | undefined,
  context: RequestContext,
): Promise<ShoalError> {
  const counts = await countManagers(api, context);
  const isLast = counts.managers === 1;
  return new ShoalError(
    'failedPrecondition',
    isLast
      ? 'removing the last manager erases all state of the swarm'
      : 'this node is one of the managers of the swarm',
    { fields: { ...counts, ...(isLast ? { reason: 'lastManager' } : {}) } },
  );
}

/** 0 managers: nobody can tell. */
async function countManagers(
  api: ClusterApi | undefined,
  context: RequestContext,
): Promise<{ readonly managers: number; readonly reachable: number }> {
  try {
    const nodes = (await api?.listNodes(context, new Map())) ?? [];
    const managers = [...nodes].flatMap(({ manager }) => manager ?? []);
    const reachable = managers.filter((manager) => manager.reachable).length;
    return { managers: managers.length, reachable };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isShoalError(error)) throw error;
    return { managers: 0, reachable: 0 };
  }
}
