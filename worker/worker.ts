import type { Clock } from '../common/ports/clock.ts';
import type { Disk } from '../common/ports/disk.ts';
import type { EngineApi } from '../common/ports/engine-api.ts';
import type { Log } from '../common/ports/log.ts';
import type { RpcChannel } from '../common/ports/rpc.ts';
import type { NodeId } from '../common/pure/ids.ts';
import type { Random } from '../common/pure/random.ts';
import type { SessionMessage } from '../proto/gen/dispatcher.ts';
import type { NodeDescription } from '../proto/gen/objects.ts';
import { Agent } from './agent/agent.ts';
import { DockerExecutor } from './executor/docker/docker-executor.ts';
import { Journal } from './journal/journal.ts';
import { LogServer } from './logs/log-server.ts';
import { NodeNetworks } from './network/node-networks.ts';
import type { PublishedPorts } from './proxy/port.ts';
import { nearest } from './routing/nearest.ts';

export interface WorkerParts {
  readonly nodeId: NodeId;
  readonly hostname: string;
  readonly engine: EngineApi;
  readonly publishedPorts: PublishedPorts;
  readonly disk: Disk;
  /** The worker's folder of the data root. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly connect: (signal: AbortSignal) => Promise<RpcChannel>;
  readonly describe: (description: NodeDescription) => NodeDescription;
  /** As the agent's. */
  readonly heard?: (message: SessionMessage) => void;
}

/** Opens the worker role of a node and begins: what the journal remembers is adopted before any manager is asked. */
export async function startWorker(parts: WorkerParts): Promise<Agent> {
  const { nodeId, hostname, engine, clock, log } = parts;
  const random = parts.random.fork('worker');
  const journal = await Journal.open(parts.disk, `${parts.directory}/journal`, log);
  const executor = new DockerExecutor({
    engine,
    networks: new NodeNetworks(engine),
    clock,
    log,
    nodeId,
    hostname,
    random: random.fork('executor'),
  });
  const agent = new Agent({
    executor,
    endpointServer: {
      apply: (version, sets, signal) =>
        parts.publishedPorts.apply(version, nearest(sets, nodeId), signal),
      drained: (taskId, signal) => parts.publishedPorts.drained(taskId, signal),
    },
    journal,
    clock,
    random: random.fork('agent'),
    log,
    logs: new LogServer({
      engine,
      inspect: (taskId, signal) => executor.inspect(taskId, signal),
      clock,
      log,
    }),
    connect: parts.connect,
    describe: parts.describe,
    ...(parts.heard === undefined ? {} : { heard: parts.heard }),
  });
  agent.start();
  return agent;
}
