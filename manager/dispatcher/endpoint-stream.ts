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
  /** Says how far it is, before the message of that version goes out. */
  readonly told: (progress: EndpointProgress) => void;
}

/** How far a node was told of the endpoints. */
export interface EndpointProgress {
  /** Version of the newest message. */
  readonly version: number;
  /** Whoever follows `version` follows everything up to this revision: what came after it moved no endpoint. */
  readonly revision: number;
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
  { view, feed, told }: EndpointStream,
  signal: AbortSignal,
): AsyncIterable<EndpointsMessage> {
  const known = new Set<ServiceId>();
  feed.take();
  let version = view().revision;
  const all = view()
    .services()
    .map(({ id }) => id);
  told({ version, revision: version });
  for (const { rows, isLast } of batches(changesOf(view(), all, known), bytesOf)) {
    yield newEndpointsMessage({ complete: true, version, last: isLast, put: setsIn(rows) });
  }
  while (!signal.aborted) {
    await feed.wait(signal);
    const { revision } = view();
    const changes = changesOf(view(), feed.take(), known);
    const appliesTo = version;
    if (changes.length > 0) version = revision;
    told({ version, revision });
    if (changes.length === 0) continue;
    for (const { rows, isLast } of batches(changes, bytesOf)) {
      const remove = rows.flatMap((row) => (row.kind === 'remove' ? [row.serviceId] : []));
      yield newEndpointsMessage({ appliesTo, version, last: isLast, put: setsIn(rows), remove });
    }
  }
}

/** Read at one revision; keeps the services that the node knows up to date. */
function changesOf(view: StoreView, ids: readonly ServiceId[], known: Set<ServiceId>): Change[] {
  const changes: Change[] = [];
  for (const serviceId of ids) {
    const set = endpointSetOf(view, serviceId, view.revision);
    if (set !== undefined) {
      known.add(serviceId);
      changes.push({ kind: 'put', set });
    } else if (known.delete(serviceId)) changes.push({ kind: 'remove', serviceId });
  }
  return changes;
}

function setsIn(changes: readonly Change[]): EndpointSet[] {
  return changes.flatMap((change) => (change.kind === 'put' ? [change.set] : []));
}

function bytesOf(change: Change): number {
  return change.kind === 'put' ? encodeEndpointSet(change.set).length : change.serviceId.length;
}
