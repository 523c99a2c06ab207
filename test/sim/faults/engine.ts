import type { FakeContainer } from '../../lib/fake-engine/container.ts';
import type { Random } from '../../../common/pure/random.ts';
import { simImages } from '../images.ts';
import { noEnd, type Begin, type End } from './fault.ts';
import { oneOf } from '../options.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';

/** How long a call of a slow engine takes at most, virtual milliseconds. */
const slowCallMs = 8000;

type EngineFault =
  | 'containerExit'
  | 'containerRemoved'
  | 'unhealthy'
  | 'engineRestart'
  | 'engineLiveRestart'
  | 'engineHang'
  | 'engineSlow'
  | 'eventGap'
  | 'registryDown'
  | 'imageDropped';

/** What goes wrong with engines, their containers and their registry. */
export function engineFaults(world: World): Readonly<Record<EngineFault, Begin>> {
  return {
    containerExit: (node, random) =>
      toContainer(node, random, ({ id }) => {
        node.engine.exitContainer(id, random.below(3), random.below(4) === 0);
      }),
    containerRemoved: (node, random) =>
      toContainer(node, random, ({ id }) => {
        node.engine.dropContainer(id);
      }),
    unhealthy: (node, random) =>
      toContainer(
        node,
        random,
        ({ id }) => {
          node.engine.setHealth(id, 'unhealthy');
        },
        ({ health }) => health === 'healthy',
      ),
    engineRestart: (node) => stopEngine(node, false),
    engineLiveRestart: (node) => stopEngine(node, true),
    engineHang: hangEngine,
    engineSlow: (node) => {
      node.engine.setFaults({ callMsMax: slowCallMs });
      return () => {
        node.engine.setFaults({ callMsMax: world.options.engineCallMs });
      };
    },
    eventGap: (node) => {
      node.engine.breakEvents();
      return noEnd;
    },
    registryDown: (node) => {
      node.engine.failPulls({ statusCode: 500, message: 'dial tcp: i/o timeout' });
      return () => {
        node.engine.failPulls(undefined);
      };
    },
    imageDropped: (node, random) => {
      node.engine.dropImage(oneOf(random, simImages).reference);
      return noEnd;
    },
  };
}

/** Does something to a running container that `suits`. */
function toContainer(
  node: SimNode,
  random: Random,
  act: (container: Readonly<FakeContainer>) => void,
  suits: (container: Readonly<FakeContainer>) => boolean = () => true,
): End | undefined {
  const running = node.engine
    .containers()
    .filter((container) => container.status === 'running' && suits(container));
  if (running.length === 0) return undefined;
  act(oneOf(random, running));
  return noEnd;
}

function stopEngine(node: SimNode, containersSurvive: boolean): End | undefined {
  if (!node.isEngineUp) return undefined;
  node.isEngineUp = false;
  node.engine.stop(containersSurvive);
  return () => {
    startEngine(node);
  };
}

function hangEngine(node: SimNode): End | undefined {
  if (!node.isEngineUp) return undefined;
  node.isEngineUp = false;
  node.engine.hang();
  return () => {
    startEngine(node);
  };
}

function startEngine(node: SimNode): void {
  if (!node.isOn || node.isEngineUp) return;
  node.isEngineUp = true;
  node.engine.start();
}
