import { asId } from '../../../common/pure/ids.ts';
import { PublishMode } from '../../../proto/gen/specs.ts';
import { TaskState } from '../../../proto/gen/objects.ts';
import { taskIdOf } from '../container-hosts.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';

/** How long nothing may have gone wrong for the rule to hold without exception, virtual milliseconds. */
const calmMs = 15_000;
/** Messages and writes that take longer may make a node too slow for the barrier, which then does not wait for it. */
const quickMs = 5;

/**
 * The drain barrier: no container is asked to stop while the proxy of any node still sends new connections to it. A node that is down, cut off
 * or slow is not waited for, so this is looked at only when nothing was wrong for long.
 */
export function checkStop(world: World, node: SimNode, container: string, calmForMs: number): void {
  const { options, manager } = world;
  const isQuick = options.linkMs <= quickMs && options.diskMs <= quickMs;
  const isCalm = isQuick && options.linkBreaks === 0 && calmForMs > calmMs;
  if (!isCalm || manager === undefined) return;
  const found = node.engine
    .containers()
    .find(({ id, name }) => id === container || name === container);
  if (found?.status !== 'running') return;
  const task = manager.view.task(asId<'task'>(taskIdOf(found)));
  if (task === undefined || task.desiredState <= TaskState.running) return;
  if (task.reportedState !== TaskState.running) return;
  const ports = manager.view.service(task.serviceId)?.endpoint?.ports ?? [];
  if (!ports.some(({ publishMode }) => publishMode === PublishMode.ingress)) return;
  if (!world.nodes.every((one) => isWell(world, one))) return;
  world.seen.add('stop came after all proxies had switched');
  for (const { name, daemon } of world.nodes) {
    if (daemon?.endpoints?.has(task.id) !== true) continue;
    world.fail('N4', `task ${task.id} is stopped while ${name} still sends connections to it`);
  }
}

function isWell(world: World, node: SimNode): boolean {
  const { isOn, daemon, link, proxy } = node;
  const isUp = isOn && daemon !== undefined && !daemon.life.isPaused && !link.isCut;
  const upMs = world.clock.nowMs() - node.bootedAtMs;
  return isUp && upMs > calmMs && proxy.proxy !== undefined && daemon.agent?.hasSession === true;
}
