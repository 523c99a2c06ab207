import type { ClusterId } from '../../common/pure/ids.ts';
import { newClaim, type Claim } from '../../proto/gen/changeset.ts';
import type { NodeRow } from './rows.ts';
import type { StoreView } from './view.ts';

/** Space of the claims that keep a raft id from being used twice: held by the node that has it, and by the cluster once it is given up. */
export const raftIdSpace = 'raft-id';

/** The claims with which a node gives up its raft id, if it has one: nobody else ever gets it. */
export function givenUpRaftId({ id, lifecycle }: NodeRow, clusterId: ClusterId): readonly Claim[] {
  if (lifecycle.raftId === 0) return [];
  const key = String(lifecycle.raftId);
  return [
    newClaim({ space: raftIdSpace, key, owner: id, giveBack: true }),
    newClaim({ space: raftIdSpace, key, owner: clusterId }),
  ];
}

/** Raft ids that were given up. */
export function removedRaftIds(view: StoreView): readonly number[] {
  const clusterId = view.clusterId();
  if (clusterId === undefined) return [];
  const claims = view.claimsOf(clusterId).filter(({ space }) => space === raftIdSpace);
  return claims.map(({ key }) => Number(key));
}
