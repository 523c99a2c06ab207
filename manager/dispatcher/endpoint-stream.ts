import type { ServiceId } from '../../common/pure/ids.ts';
import { encodeEndpointSet, newEndpointsMessage } from '../../proto/gen/dispatcher.ts';
import type { EndpointSet, EndpointsMessage } from '../../proto/gen/dispatcher.ts';
import type { StoreView } from '../store/view.ts';
import { batches } from './batches.ts';
import { endpointSetOf } from './endpoint-set.ts';
import type { Feed } from './feed.ts';

export interface EndpointStream {
  /** The store as it is now. */
  readonly view: () => StoreView;
  /** Notes changes from before the first message is asked for. */
  readonly feed: Feed<ServiceId>;
}

/** A service that publishes ports, or did when the node was last told. */
type Change =
  | { readonly kind: 'put'; readonly set: EndpointSet }
  | { readonly kind: 'remove'; readonly serviceId: ServiceId };

/**
 * The endpoint sets of all services that publish ports, then what changes, until `signal` aborts.
 *
 * Services without published ports cost a node no message.
 */
export async function* streamEndpoints(
  { view, feed }: EndpointStream,
  signal: AbortSignal,
): AsyncIterable<EndpointsMessage> {
  const told = new Set<ServiceId>();
  feed.take();
  let version = view().revision;
  const all = view()
    .services()
    .map(({ id }) => id);
  for (const { rows, isLast } of batches(changesOf(view(), all, told), bytesOf)) {
    yield newEndpointsMessage({ complete: true, version, last: isLast, put: setsIn(rows) });
  }
  while (!signal.aborted) {
    await feed.wait(signal);
    const changes = changesOf(view(), feed.take(), told);
    if (changes.length === 0) continue;
    const appliesTo = version;
    version = view().revision;
    for (const { rows, isLast } of batches(changes, bytesOf)) {
      const remove = rows.flatMap((row) => (row.kind === 'remove' ? [row.serviceId] : []));
      yield newEndpointsMessage({ appliesTo, version, last: isLast, put: setsIn(rows), remove });
    }
  }
}

/** Read at one revision; keeps `told` up to date. */
function changesOf(view: StoreView, ids: readonly ServiceId[], told: Set<ServiceId>): Change[] {
  const changes: Change[] = [];
  for (const serviceId of ids) {
    const set = endpointSetOf(view, serviceId, view.revision);
    if (set !== undefined) {
      told.add(serviceId);
      changes.push({ kind: 'put', set });
    } else if (told.delete(serviceId)) changes.push({ kind: 'remove', serviceId });
  }
  return changes;
}

function setsIn(changes: readonly Change[]): EndpointSet[] {
  return changes.flatMap((change) => (change.kind === 'put' ? [change.set] : []));
}

function bytesOf(change: Change): number {
  return change.kind === 'put' ? encodeEndpointSet(change.set).length : change.serviceId.length;
}
