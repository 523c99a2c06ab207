import type { ContainerDetails, PortBinding } from '../../../common/ports/engine-api.ts';
import { parseRfc3339 } from '../../../common/pure/rfc3339.ts';
import {
  newPortConfig,
  PortProtocol,
  PublishMode,
  type PortConfig,
} from '../../../proto/gen/specs.ts';
import type { ContainerView } from '../contract.ts';
import { taskLabels } from './names.ts';

/** What the agent needs to know of a container. */
export function containerView(details: ContainerDetails): ContainerView {
  const { State: state } = details;
  return {
    taskId: details.Labels[taskLabels.taskId] ?? '',
    containerId: details.Id,
    state: stateOf(details),
    health: state.Health,
    pid: state.Pid,
    exitCode: state.ExitCode,
    error: state.Error === '' && state.OOMKilled ? 'the container ran out of memory' : state.Error,
    startedAtMs: timeOf(state.StartedAt),
    finishedAtMs: timeOf(state.FinishedAt),
    addresses: Object.values(details.Networks)
      .map(({ IPAddress: address }) => address)
      .filter((address) => address !== ''),
    ports: boundPorts(details.Ports),
  };
}

/** A container that could not start stays `created` for the engine, with an exit code and the reason; for us it is over. */
function stateOf(details: ContainerDetails): ContainerView['state'] {
  const { Status: status, Error: error, ExitCode: exitCode } = details.State;
  switch (status) {
    case 'created':
      return error === '' && exitCode === 0 ? 'created' : 'exited';
    case 'running':
    case 'paused':
    case 'restarting':
      return 'running';
    case 'removing':
    case 'exited':
    case 'dead':
      return 'exited';
  }
}

/** 0 for never, which the engine writes as the year 1. */
function timeOf(text: string): number {
  return Math.max(0, parseRfc3339(text) ?? 0);
}

const protocols: ReadonlyMap<string, PortProtocol> = new Map([
  ['tcp', PortProtocol.tcp],
  ['udp', PortProtocol.udp],
  ['sctp', PortProtocol.sctp],
]);

/** One line a port: the engine lists IPv4 and IPv6 bindings apart. */
function boundPorts(ports: ContainerDetails['Ports']): readonly PortConfig[] {
  return Object.entries(ports).flatMap(([key, bindings]) => {
    const [target, protocol] = key.split('/');
    const published = new Set(bindings.map(hostPortOf).filter((port) => port > 0));
    return [...published].map((publishedPort) =>
      newPortConfig({
        protocol: protocols.get(protocol ?? '') ?? PortProtocol.tcp,
        targetPort: Number(target),
        publishedPort,
        publishMode: PublishMode.host,
      }),
    );
  });
}

function hostPortOf(binding: PortBinding): number {
  return /^\d{1,5}$/.test(binding.HostPort) ? Number(binding.HostPort) : 0;
}
