import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { ServiceId } from '../../common/pure/ids.ts';
import type { Claim } from '../../proto/gen/changeset.ts';
import { PortProtocol, portProtocolName, PublishMode } from '../../proto/gen/specs.ts';
import type { PortConfig, ServiceSpec } from '../../proto/gen/specs.ts';
import { giveBack, take } from '../store/ops.ts';
import type { StoreView } from '../store/view.ts';

/** Ports that the user named; those of the dynamic range are the allocator's to claim. */
function namedPorts(spec: ServiceSpec, mode: PublishMode): readonly PortConfig[] {
  const ports = spec.endpoint?.ports ?? [];
  return ports.filter((port) => port.publishMode === mode && port.publishedPort > 0);
}

/** True when the services of others decide whether `spec` may be: no claim covers what meets on a single node only. */
export function publishesPorts(spec: ServiceSpec): boolean {
  return (spec.endpoint?.ports ?? []).some(({ publishedPort }) => publishedPort > 0);
}

/** What a service is and what it is to become. */
interface PortChange {
  readonly id: ServiceId;
  readonly before: ServiceSpec | undefined;
  readonly after: ServiceSpec;
}

/** Takes the ports that the spec names, and gives back those that only the one before named. */
export function portClaims(view: StoreView, { id, before, after }: PortChange): readonly Claim[] {
  const wanted = namedPorts(after, PublishMode.ingress);
  const dropped = before === undefined ? [] : namedPorts(before, PublishMode.ingress);
  return [
    ...wanted.map((port) => take(portSpace(port), portKey(port), id)),
    ...dropped
      .filter((port) => !wanted.some((other) => isSamePort(port, other)))
      .filter((port) => view.claimOwner(portSpace(port), portKey(port)) === id)
      .map((port) => giveBack(portSpace(port), portKey(port), id)),
  ];
}

/**
 * Holds the ports of `spec`, that of service `id`, against those of others. A port is for one service on all nodes, or for
 * host-mode ports only: those meet on a node, and the scheduler keeps them apart.
 *
 * @throws ShoalError `portConflict`
 */
export function checkPortsFree(view: StoreView, spec: ServiceSpec, id: ServiceId): void {
  for (const port of spec.endpoint?.ports ?? []) {
    if (port.publishedPort === 0) continue;
    const owner = view.claimOwner(portSpace(port), portKey(port));
    if (owner === undefined || owner === id) continue;
    throw portConflict(view, port, { id: asId<'service'>(owner), mode: 'ingress' });
  }
  for (const port of namedPorts(spec, PublishMode.ingress)) {
    const other = view
      .services()
      .find(
        (row) =>
          row.id !== id &&
          namedPorts(row.current.spec, PublishMode.host).some((taken) => isSamePort(port, taken)),
      );
    if (other !== undefined) throw portConflict(view, port, { id: other.id, mode: 'host' });
  }
}

function portConflict(
  view: StoreView,
  port: PortConfig,
  { id, mode }: { readonly id: ServiceId; readonly mode: 'ingress' | 'host' },
): ShoalError {
  return new ShoalError('portConflict', 'published port is taken', {
    fields: {
      port: port.publishedPort,
      protocol: portProtocolName(port.protocol),
      service: view.service(id)?.current.spec.name ?? id,
      id,
      mode,
    },
  });
}

function isSamePort(left: PortConfig, right: PortConfig): boolean {
  return left.publishedPort === right.publishedPort && left.protocol === right.protocol;
}

function portKey(port: PortConfig): string {
  return String(port.publishedPort);
}

function portSpace(port: PortConfig): string {
  switch (port.protocol) {
    case PortProtocol.udp:
      return 'port/udp';
    case PortProtocol.sctp:
      return 'port/sctp';
    case PortProtocol.tcp:
      return 'port/tcp';
  }
}
