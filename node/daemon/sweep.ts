import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { Log } from '../../common/ports/log.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { NodeNetworks } from '../../worker/network/node-networks.ts';

/** Removes from the engine what the swarm made on this node: containers by label, then networks that nothing uses. */
export async function sweepNode(
  engine: EngineApi,
  nodeId: NodeId,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const containers = await engine.listContainers(
    { label: [`com.docker.swarm.node.id=${nodeId}`] },
    signal,
  );
  await Promise.all(
    containers.map((container) => removeContainer(engine, container.Id, log, signal)),
  );
  await new NodeNetworks(engine).removeUnused(signal);
}

async function removeContainer(
  engine: EngineApi,
  id: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    await engine.removeContainer(id, { force: true, volumes: true }, signal);
  } catch (error) {
    if (!isShoalError(error)) throw error;
    if (error.code !== 'notFound')
      log.at('warn', 'a container of the swarm could not be removed', { containerId: id, error });
  }
}
