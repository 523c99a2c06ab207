import type { Route } from '../call.ts';
import { relayAnswer } from '../engine-calls.ts';
import type { RegistryLookups } from '../registry-lookups.ts';

/** `/distribution/{name}/json`: the engine asks the registry; clients go on without an answer, so they get one soon. */
export function distributionRoutes(registries: RegistryLookups): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/distribution/**:name/json',
      deadlineMs: undefined,
      handle: async (call) => relayAnswer(await registries.ask(call, call.params['name'] ?? '')),
    },
  ];
}
