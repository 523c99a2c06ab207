import { renderService } from '../render/service-text.ts';
import type { CommandContext } from './context.ts';
import { inspect, type InspectFlags } from './inspect.ts';
import { apiPath } from './resources.ts';

export interface ServiceInspectArgs {
  readonly services: readonly string[];
  readonly flags: InspectFlags;
}

/** `service inspect`: prints services as the API gives them, with the values that hold where the spec is silent. */
export function runServiceInspect(
  context: CommandContext,
  { services, flags }: ServiceInspectArgs,
  signal: AbortSignal,
): Promise<void> {
  const nowMs = context.clock.wallMs();
  return inspect(context, {
    kind: 'service',
    refs: services,
    flags,
    get: (ref) =>
      context.api.call(
        { method: 'GET', path: apiPath('services', ref), query: { insertDefaults: 'true' } },
        signal,
      ),
    render: (value) => renderService(value, nowMs),
  });
}
