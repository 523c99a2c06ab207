import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { newSubmitRequest } from '../../proto/gen/managers.ts';
import { managersClient } from '../../proto/rpc/managers.ts';
import type { LeaderLink } from '../proposer/port.ts';
import type { ManagerLinks } from './manager-links.ts';

/** How long the leader may take over a batch of sets, milliseconds: longer than any of them waits. */
const submitMs = 25_000;

/** The way to whoever leads, over the links to the other managers. */
export function leaderLink(links: ManagerLinks): LeaderLink {
  return {
    submit: async (leader, sets, signal) => {
      const link = links.byRaftId(leader);
      if (link === undefined)
        throw new ShoalError('unavailable', 'it is not known where the leader is', {
          fields: { leader, unsent: true },
        });
      const options = { signal, deadlineMs: submitMs };
      try {
        return await managersClient(link.channel).submit(newSubmitRequest({ sets }), options);
      } catch (error) {
        if (!isShoalError(error) || error.fields['refused'] !== true) throw error;
        // Where nobody takes the connection nothing has gone out.
        const fields = { ...error.fields, leader, unsent: true };
        throw new ShoalError(error.code, error.message, { fields, cause: error });
      }
    },
  };
}
