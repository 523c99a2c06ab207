import { seededRandom, type Random } from '../../common/pure/random.ts';
import { oneOf, type FaultKind, type SimOptions } from './options.ts';
import { drawChange, drawShape, scaled, type ServiceShape } from './service-shape.ts';

/** What a user does with one service. */
export type UserAction =
  | { readonly kind: 'create'; readonly shape: ServiceShape }
  | { readonly kind: 'scale'; readonly change: Partial<ServiceShape> }
  | { readonly kind: 'update'; readonly change: Partial<ServiceShape> }
  | { readonly kind: 'rollback' | 'remove' | 'list' | 'inspect' };

/** An action of one client. Times are virtual milliseconds from the founding. */
export interface Operation {
  /** `o1`, `o2`, … */
  readonly id: string;
  readonly atMs: number;
  readonly client: number;
  readonly service: string;
  readonly action: UserAction;
  /** How often the client asks for progress afterwards. */
  readonly polls: number;
}

export interface Fault {
  /** `f1`, `f2`, … */
  readonly id: string;
  readonly atMs: number;
  readonly lastsMs: number;
  readonly kind: FaultKind;
  /** Number of the node, modulo the number of nodes; ignored by faults of the manager. */
  readonly node: number;
  /** Decides what the kind leaves open. */
  readonly pick: number;
}

/** Everything that is done to a world, in order of time. Leaving some out changes nothing about the others. */
export interface Plan {
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
}

const servicesMax = 4;

export function drawPlan(options: SimOptions): Plan {
  const random = seededRandom(options.seed).fork('plan');
  const operations: Operation[] = [];
  for (let client = 0; client < options.clients; client += 1) {
    operations.push(...operationsOf(random.fork(`client ${client}`), client, options));
  }
  const ordered = operations.toSorted((left, right) => left.atMs - right.atMs);
  return {
    operations: ordered.map((operation, index) => ({ ...operation, id: `o${index + 1}` })),
    faults: faultsOf(random.fork('faults'), options),
  };
}

/** What is left of `plan` when only the items of these names happen. */
export function keepOnly(plan: Plan, ids: ReadonlySet<string>): Plan {
  return {
    operations: plan.operations.filter(({ id }) => ids.has(id)),
    faults: plan.faults.filter(({ id }) => ids.has(id)),
  };
}

export function idsOf({ operations, faults }: Plan): readonly string[] {
  return [...operations, ...faults]
    .toSorted((left, right) => left.atMs - right.atMs)
    .map(({ id }) => id);
}

/** The plan for people, a line an item. */
export function describePlan({ operations, faults }: Plan): readonly string[] {
  const items = [
    ...operations.map(({ id, atMs, client, service, action }) => ({
      atMs,
      text: `${id} client ${client}: ${describeAction(service, action)}`,
    })),
    ...faults.map(({ id, atMs, lastsMs, kind, node }) => ({
      atMs,
      text: `${id} ${kind} on node ${node} for ${Math.round(lastsMs)} ms`,
    })),
  ].toSorted((left, right) => left.atMs - right.atMs);
  return items.map(({ atMs, text }) => `${(atMs / 1000).toFixed(3).padStart(9)} s  ${text}`);
}

function describeAction(service: string, action: UserAction): string {
  if (action.kind === 'create') return `create ${service} ${JSON.stringify(action.shape)}`;
  if (action.kind === 'scale' || action.kind === 'update') {
    return `${action.kind} ${service} ${JSON.stringify(action.change)}`;
  }
  return `${action.kind} ${service}`;
}

/** What the client believes to be there while it plans, as if all went well. */
interface Belief {
  readonly services: Map<string, ServiceShape>;
  created: number;
}

function operationsOf(random: Random, client: number, options: SimOptions): Operation[] {
  const belief: Belief = { services: new Map(), created: 0 };
  const operations: Operation[] = [];
  let atMs = 0;
  for (;;) {
    atMs += random.unit() * 2 * options.thinkMs;
    if (atMs >= options.chaosMs) return operations;
    const { service, action } = nextAction(random, client, { belief, options });
    operations.push({ id: '', atMs, client, service, action, polls: random.below(12) });
  }
}

function nextAction(
  random: Random,
  client: number,
  { belief, options }: { readonly belief: Belief; readonly options: SimOptions },
): Pick<Operation, 'service' | 'action'> {
  const { services } = belief;
  const choice = random.below(20);
  if (services.size === 0 || (choice < 4 && services.size < servicesMax)) {
    belief.created += 1;
    const service = `c${client}-s${belief.created}`;
    const shape = drawShape(random, options.replicasMax);
    services.set(service, shape);
    return { service, action: { kind: 'create', shape } };
  }
  const service = oneOf(random, [...services.keys()]);
  const action = actionOn(random, choice, { service, belief, options });
  return { service, action };
}

function actionOn(
  random: Random,
  choice: number,
  scope: { readonly service: string; readonly belief: Belief; readonly options: SimOptions },
): UserAction {
  const { service, belief, options } = scope;
  const before = belief.services.get(service) ?? drawShape(random, options.replicasMax);
  const become = (kind: 'scale' | 'update', change: Partial<ServiceShape>): UserAction => {
    belief.services.set(service, { ...before, ...change });
    return { kind, change };
  };
  if (choice < 7) return become('scale', scaled(random, before, options.replicasMax));
  if (choice < 13) return become('update', drawChange(random, before, options.replicasMax));
  if (choice < 15) return { kind: 'rollback' };
  if (choice < 17) {
    belief.services.delete(service);
    return { kind: 'remove' };
  }
  return { kind: choice < 19 ? 'list' : 'inspect' };
}

function faultsOf(random: Random, options: SimOptions): Fault[] {
  const faults: Fault[] = [];
  let atMs = 0;
  while (options.faults.length > 0) {
    atMs += exponential(random) * options.faultEveryMs;
    if (atMs >= options.chaosMs) break;
    faults.push({
      id: `f${faults.length + 1}`,
      atMs,
      lastsMs: exponential(random) * options.faultMs,
      kind: oneOf(random, options.faults),
      node: random.below(60),
      pick: random.u32(),
    });
  }
  return faults;
}

function exponential(random: Random): number {
  return -Math.log(1 - random.unit());
}
