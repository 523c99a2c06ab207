import type { Clock } from '../../common/ports/clock.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { encodeObservedNode, newObservation } from '../../proto/gen/managers.ts';
import type { Observation, ObservedNode } from '../../proto/gen/managers.ts';
import { batches } from './batches.ts';
import { Feed } from './feed.ts';

/** What nodes say within this time is told together, milliseconds. */
const coalesceMs = 20;

export interface ObservationStream {
  readonly clock: Clock;
  /** Nodes that have a session now. */
  readonly sessions: () => readonly NodeId[];
  readonly observed: (nodeId: NodeId) => ObservedNode;
  /** Where the stream puts the feed that it reads, for as long as it lives. */
  readonly feeds: Set<Feed<NodeId>>;
}

/** What nodes with sessions here say: first all of them, then who has said something since, until `signal` aborts. */
export async function* streamObservations(
  { clock, sessions, observed, feeds }: ObservationStream,
  signal: AbortSignal,
): AsyncIterable<Observation> {
  const feed = new Feed<NodeId>(() => undefined);
  feeds.add(feed);
  try {
    yield* messagesOf(sessions().map(observed), true);
    while (!signal.aborted) {
      await feed.wait(signal);
      await clock.sleep(coalesceMs, signal).catch(() => undefined);
      if (!signal.aborted) yield* messagesOf(feed.take().map(observed), false);
    }
  } finally {
    feeds.delete(feed);
  }
}

function* messagesOf(nodes: readonly ObservedNode[], complete: boolean): Iterable<Observation> {
  for (const { rows, isLast } of batches(nodes, (node) => encodeObservedNode(node).length)) {
    yield newObservation({ complete, last: isLast, nodes: rows });
  }
}
