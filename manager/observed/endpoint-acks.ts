import type { NodeId } from '../../common/pure/ids.ts';
import type { EndpointAcksPort } from './port.ts';

/** Up to which version of the endpoint sets each node serves: what a drain waits for. Leader-local. */
export class EndpointAcks implements EndpointAcksPort {
  readonly #versions = new Map<NodeId, number>();

  acknowledge(nodeId: NodeId, version: number): void {
    if (version > this.version(nodeId)) this.#versions.set(nodeId, version);
  }

  /** 0 while the node has acknowledged nothing. */
  version(nodeId: NodeId): number {
    return this.#versions.get(nodeId) ?? 0;
  }

  forget(nodeId: NodeId): void {
    this.#versions.delete(nodeId);
  }
}
