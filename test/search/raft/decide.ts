import type { MemberId } from '../../../manager/raft/member.ts';
import type { JointVoters } from '../../../manager/raft/quorum/joint.ts';

/**
 * Those for whom `isAmong` holds are a quorum, of both halves of a joint configuration. Written again here, so that what
 * is checked does not check itself.
 */
export function decide(voters: JointVoters, isAmong: (id: MemberId) => boolean): boolean {
  return [voters.incoming, voters.outgoing].every((half) => {
    const count = [...half].filter((id) => isAmong(id)).length;
    return half.size === 0 || count * 2 > half.size;
  });
}
