// What clients of several managers are told, whatever dies or is cut off, is what one store could have told them: every answer is recorded, and an
// order that explains them all is looked for. Doors that answer wrongly show that such an answer is found.
import { describe, expect, test } from 'vitest';
import { isShoalError } from '../../../common/pure/errors.ts';
import { seededRandom, type Random } from '../../../common/pure/random.ts';
import { findService } from '../../../manager/controlapi/service.ts';
import { serviceView } from '../../../manager/controlapi/views.ts';
import type { Manager } from '../../../manager/manager.ts';
import { checkHistory, explain, type Verdict } from '../../lib/linearizability/check.ts';
import {
  ServiceClients,
  serviceModel,
  type SeenService,
  type ServiceDoor,
  type ServiceInput,
  type ServiceOutput,
} from '../../lib/linearizability/services.ts';
import { ManagerGroup } from '../../lib/manager-group.ts';

const names = ['name-a', 'name-b', 'name-c'];
const clientCount = 6;
const steps = 200;
/** Longer than anything waits for an answer, virtual milliseconds. */
const quietMs = 30_000;

interface Client {
  readonly name: string;
  isBusy: boolean;
  /** What it saw last of each name. */
  readonly seen: Map<string, SeenService>;
}

interface Run {
  readonly clients: ServiceClients;
  readonly busy: readonly string[];
  readonly failures: readonly unknown[];
  readonly verdict: Verdict<ServiceInput, ServiceOutput>;
}

/** Which door of a manager clients come to. */
type DoorOf = (manager: Manager) => ServiceDoor;

/** Clients at random managers, while some of those die, come back or are cut off; then all is well again, and everybody looks once more. */
async function run(seed: number, doorOf: DoorOf): Promise<Run> {
  const random = seededRandom(seed).fork('linearizable');
  const size = seed % 3 === 0 ? 5 : 3;
  const changes = { snapshotEntries: 40, trailingEntries: 8 };
  const group = await ManagerGroup.of(size, { seed, changes });
  const noted = new ServiceClients(names);
  const clients = Array.from({ length: clientCount }, (_, at): Client => ({
    name: `client ${at}`,
    isBusy: false,
    seen: new Map(),
  }));
  for (let step = 0; step < steps; step += 1) {
    const client = clients.filter(({ isBusy }) => !isBusy)[random.below(clientCount)];
    const via = group.living[random.below(group.living.length)] ?? 0;
    if (client !== undefined) ask(noted, client, doorOf(group.manager(via)), random);
    await disturb(group, random);
    await group.clock.advance(random.below(80));
  }
  await mend(group);
  for (const via of group.living) void noted.list('the last', doorOf(group.manager(via)));
  await group.clock.advance(quietMs);
  await group.end();
  return {
    clients: noted,
    busy: clients.filter(({ isBusy }) => isBusy).map(({ name }) => name),
    failures: [...group.failures, ...noted.unexpected],
    verdict: checkHistory(
      { model: serviceModel, objectOf: ({ name }) => name },
      noted.recorder.operations,
    ),
  };
}

function ask(noted: ServiceClients, client: Client, door: ServiceDoor, random: Random): void {
  const name = names[random.below(names.length)] ?? '';
  const asked = askFor(noted, client, { door, name, draw: random.below(12) });
  client.isBusy = true;
  void asked.then(() => {
    client.isBusy = false;
  });
}

async function askFor(
  noted: ServiceClients,
  { name: who, seen }: Client,
  {
    door,
    name,
    draw,
  }: { readonly door: ServiceDoor; readonly name: string; readonly draw: number },
): Promise<void> {
  if (draw < 3) await noted.create(who, door, name);
  else if (draw < 4) await noted.remove(who, door, name);
  else if (draw < 5) await noted.list(who, door);
  else {
    const last = seen.get(name);
    if (draw < 8 && last !== undefined) {
      await noted.update(who, door, { name, version: last.version });
    }
    const now = await noted.inspect(who, door, name);
    if (now !== undefined) seen.set(name, now);
  }
}

async function disturb(group: ManagerGroup, random: Random): Promise<void> {
  const size = group.members.length;
  const [dead, ...others] = group.members.filter(({ life }) => life === undefined);
  const deadCount = dead === undefined ? 0 : others.length + 1;
  const draw = random.below(24);
  if (draw === 0 && deadCount < Math.floor(size / 2)) {
    await group.kill(group.living[random.below(group.living.length)] ?? 0);
  } else if (draw === 1 && dead !== undefined) await group.restart(dead.number);
  else if (draw === 2) group.isolate(random.below(size) + 1);
  else if (draw < 5) group.heal();
}

async function mend(group: ManagerGroup): Promise<void> {
  group.heal();
  for (const { number, life } of group.members) if (life === undefined) await group.restart(number);
  await group.untilLeader();
  await group.clock.advance(quietMs);
}

test.each(Array.from({ length: 8 }, (_, at) => at + 1))(
  'what clients are told could have come from one store (seed %i)',
  async (seed) => {
    const { clients, busy, failures, verdict } = await run(seed, ({ api }) => api);
    expect(explain(verdict)).toBe('');
    expect(verdict.kind).toBe('linearizable');
    expect(failures).toEqual([]);
    expect(busy).toEqual([]);
    const told = clients.recorder.operations.flatMap(({ returned }) => returned?.output.kind ?? []);
    const kinds: ServiceOutput['kind'][] = ['created', 'nameTaken', 'seen', 'absent', 'updated'];
    for (const kind of kinds) expect(told.filter((one) => one === kind).length).toBeGreaterThan(2);
  },
);

/** The door of a manager, with some of what it does done otherwise. */
function otherDoor({ api }: Manager, methods: Partial<ServiceDoor>): ServiceDoor {
  return {
    createService: (...args) => api.createService(...args),
    getService: (...args) => api.getService(...args),
    listServices: (...args) => api.listServices(...args),
    updateService: (...args) => api.updateService(...args),
    removeService: (...args) => api.removeService(...args),
    ...methods,
  };
}

const wrongDoors: readonly { readonly name: string; readonly doorOf: DoorOf }[] = [
  {
    name: 'reads without asking whether it is up to date',
    doorOf: (manager) =>
      otherDoor(manager, {
        getService: async (_, ref) => serviceView(findService(manager.view, ref), undefined),
      }),
  },
  {
    name: 'takes updates of any version',
    doorOf: (manager) =>
      otherDoor(manager, {
        updateService: async (context, ref, _, spec) => {
          const { meta } = await manager.api.getService(context, ref);
          return await manager.api.updateService(context, ref, meta.version, spec);
        },
      }),
  },
  {
    name: 'says that a service was made where another has the name',
    doorOf: (manager) =>
      otherDoor(manager, {
        createService: async (context, spec) => {
          try {
            return await manager.api.createService(context, spec);
          } catch (error) {
            if (!isShoalError(error, 'nameConflict')) throw error;
            return { id: String(error.fields['id']), warnings: [] };
          }
        },
      }),
  },
];

describe('a door is found out that', () => {
  test.each(wrongDoors)('$name', async ({ doorOf }) => {
    let kind = '';
    for (let seed = 1; seed <= 6 && kind !== 'not linearizable'; seed += 1) {
      const { verdict } = await run(seed, doorOf);
      ({ kind } = verdict);
    }
    expect(kind).toBe('not linearizable');
  });
});
