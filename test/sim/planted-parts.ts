import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { RpcChannel } from '../../common/ports/rpc.ts';
import type { ConsensusPort } from '../../manager/consensus/port.ts';
import type { ManagerParts } from '../../manager/manager.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';

/** Places where a test puts a wrong part into every daemon, to see whether the simulator finds it. */
export interface PlantedParts {
  readonly engine: (engine: EngineApi) => EngineApi;
  readonly channel: (channel: RpcChannel) => RpcChannel;
  readonly publishedPorts: (ports: PublishedPorts) => PublishedPorts;
  readonly managerParts: Partial<ManagerParts>;
  /** What a manager hears from its consensus, and tells it. @param index number of its machine */
  readonly consensus: (port: ConsensusPort, index: number) => ConsensusPort;
}

export const noPlantedParts: PlantedParts = {
  engine: (engine) => engine,
  channel: (channel) => channel,
  publishedPorts: (ports) => ports,
  managerParts: {},
  consensus: (port) => port,
};
