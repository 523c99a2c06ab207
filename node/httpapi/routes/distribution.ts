import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import type { Route } from '../call.ts';
import { type EngineCalls, relayAnswer } from '../engine-calls.ts';

/** `/distribution/{name}/json`: the engine asks the registry; clients go on without an answer, so they get one soon. */
export function distributionRoutes(engine: EngineCalls): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/distribution/**:name/json',
      deadlineMs: undefined,
      handle: async (call) => {
        try {
          return relayAnswer(await engine.ask(call, limits.apiDistributionMs));
        } catch (error) {
          if (!isShoalError(error, 'timeout')) throw error;
          throw new ShoalError('unavailable', 'the registry does not answer in time', {
            cause: error,
          });
        }
      },
    },
  ];
}
