import type { Random } from '../../../common/pure/random.ts';
import { noEnd, type Begin, type End } from './fault.ts';
import { oneOf } from '../options.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';

/** Changes of the disk within which a process is ended in the middle of one. */
const crashWithin = 40;
/** Room that a full disk still has, bytes. */
const leftBytesMax = 4096;

type DiskFaultKind = 'diskFailure' | 'slowDisk' | 'fullDisk' | 'diskCrash' | 'diskPowerCut';

/** What goes wrong with disks. */
export function diskFaults(world: World): Readonly<Record<DiskFaultKind, Begin>> {
  return {
    diskFailure: (node, random) => {
      const operation = oneOf(random, ['write', 'rename', 'syncDirectory', 'sync'] as const);
      node.disk.failOn({ operation, nth: 1 + random.below(5) });
      return noEnd;
    },
    slowDisk: (node, random) => {
      const addedMs = oneOf(random, [100, 400, 1500]);
      node.diskSlowMs += addedMs;
      return () => {
        node.diskSlowMs -= addedMs;
      };
    },
    fullDisk: (node, random) => {
      node.disk.setCapacity(node.disk.usedBytes + random.below(leftBytesMax));
      return () => {
        node.disk.setCapacity(Number.POSITIVE_INFINITY);
      };
    },
    diskCrash: (node, random) => crashInWrite(world, node, random, 'process'),
    diskPowerCut: (node, random) => crashInWrite(world, node, random, 'power'),
  };
}

/** The process, or the machine, ends in the middle of one of the next changes of its disk. */
function crashInWrite(
  world: World,
  node: SimNode,
  random: Random,
  what: 'process' | 'power',
): End | undefined {
  const { daemon, disk } = node;
  if (daemon === undefined) return undefined;
  disk.stopAt(disk.mutations + 1 + random.below(crashWithin));
  void disk.stopped.then(() => {
    if (node.disk !== disk) return;
    world.seen.add(`${what} ended within a write`);
    if (what === 'power') world.losePower(node);
    else world.kill(node);
  });
  return () => {
    if (node.disk === disk) disk.stopAt(Number.POSITIVE_INFINITY);
    if (!node.isOn) world.spawn('power', () => world.restorePower(node));
    else world.ensureUp(node);
  };
}
