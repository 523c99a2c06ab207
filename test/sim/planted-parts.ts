import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { RpcChannel } from '../../common/ports/rpc.ts';
import type { ManagerParts } from '../../manager/manager.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';

/** Places where a test puts a wrong part into every daemon, to see whether the simulator finds it. */
export interface PlantedParts {
  readonly engine: (engine: EngineApi) => EngineApi;
  readonly channel: (channel: RpcChannel) => RpcChannel;
  readonly publishedPorts: (ports: PublishedPorts) => PublishedPorts;
  readonly managerParts: Partial<ManagerParts>;
}

export const noPlantedParts: PlantedParts = {
  engine: (engine) => engine,
  channel: (channel) => channel,
  publishedPorts: (ports) => ports,
  managerParts: {},
};
