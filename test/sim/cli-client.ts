import { absent, ExpectedServices, type ServiceState } from './expected-services.ts';
import { HttpClient, type Answer } from './http-client.ts';
import type { Operation } from './plan.ts';
import { readService, serviceBody, type SeenService } from './service-json.ts';
import type { ServiceShape } from './service-shape.ts';
import type { World } from './world.ts';

/** How often the docker CLI asks while it shows progress, virtual milliseconds. */
const pollMs = 200;

/** What the API says of the state of an update. */
const updateStates = [
  '',
  'updating',
  'paused',
  'completed',
  'rollback_started',
  'rollback_paused',
  'rollback_completed',
];

/** A user with the docker CLI: does what the plan says to services of her own, and holds the answers to what she did. */
export class CliClient {
  readonly services = new ExpectedServices();
  readonly #world: World;
  readonly #http: HttpClient;
  readonly #name: string;
  readonly #operations: readonly Operation[];

  constructor(world: World, index: number, operations: readonly Operation[]) {
    this.#world = world;
    this.#name = `c${index}`;
    this.#operations = operations;
    this.#http = new HttpClient(world, this.#name, index);
  }

  /** Does one operation after the other, each not before its time, counted from `startMs`; ends at `untilMs` at the earliest. */
  async run(startMs: number, untilMs: number): Promise<void> {
    for (const operation of this.#operations) {
      await this.#waitUntil(startMs + operation.atMs);
      if (this.#nowMs >= untilMs) return;
      await this.#act(operation);
    }
    await this.#waitUntil(untilMs);
  }

  async #waitUntil(atMs: number): Promise<void> {
    if (atMs > this.#nowMs) await this.#world.sleep(atMs - this.#nowMs);
  }

  /** Reads all of its services once. False while the manager does not answer. */
  async readAll(): Promise<boolean> {
    for (const name of this.services.names()) {
      if ((await this.#inspect(name)) === 'no answer') return false;
    }
    return true;
  }

  async #act(operation: Operation): Promise<void> {
    const { service, action } = operation;
    this.#world.count(`operation ${action.kind}`);
    if (action.kind === 'create') await this.#create(operation, action.shape);
    else if (action.kind === 'list') await this.#list();
    else if (action.kind === 'inspect') await this.#inspect(service);
    else if (action.kind === 'remove') await this.#remove(service);
    else if (action.kind === 'rollback') await this.#rollback(operation);
    else if (action.kind === 'scale' || action.kind === 'update') {
      await this.#update(operation, action.change);
    }
  }

  async #create({ service, polls }: Operation, shape: ServiceShape): Promise<void> {
    const answer = await this.#ask('POST', '/services/create', serviceBody(service, shape));
    const state: ServiceState = { kind: 'present', shape };
    if (answer === undefined || answer.status >= 500) {
      this.services.unanswered(service, state, this.#nowMs);
    } else if (answer.status === 201) {
      this.services.acknowledged(service, state);
      await this.#follow(service, polls);
    } else if (answer.status !== 400 || shape.port === 0) {
      this.#world.fail('API', `create answered ${answer.status} ${answer.text}`);
    }
  }

  async #update(operation: Operation, change: Partial<ServiceShape>): Promise<void> {
    const { service } = operation;
    const before = await this.#inspect(service);
    if (typeof before === 'string') return;
    const shape = { ...before.shape, ...change };
    const target = `/services/${service}/update?version=${before.version}`;
    await this.#change(operation, target, shape);
  }

  /** As `docker service rollback`: the server knows what the service was before. */
  async #rollback(operation: Operation): Promise<void> {
    const { service } = operation;
    const before = await this.#inspect(service);
    if (typeof before === 'string' || before.previous === undefined) return;
    const target = `/services/${service}/update?version=${before.version}&rollback=previous`;
    await this.#change(operation, target, before.previous, before.shape);
  }

  /** Writes a service; `body` is what is sent when that is not what is to become of it. */
  async #change(
    { service, polls }: Operation,
    target: string,
    shape: ServiceShape,
    body: ServiceShape = shape,
  ): Promise<void> {
    const state: ServiceState = { kind: 'present', shape };
    const answer = await this.#ask('POST', target, serviceBody(service, body));
    if (answer?.status === 200) {
      this.services.acknowledged(service, state);
      await this.#follow(service, polls);
      return;
    }
    const isUsual =
      answer === undefined ||
      answer.status !== 400 ||
      answer.text.includes('port') ||
      answer.text.includes('previous spec');
    if (!isUsual) this.#world.fail('API', `update answered ${answer.status} ${answer.text}`);
    this.#mayHaveDone(service, state, answer);
  }

  async #remove(name: string): Promise<void> {
    const answer = await this.#ask('DELETE', `/services/${name}`);
    if (answer?.status === 200) this.services.acknowledged(name, absent);
    else if (answer?.status === 404) this.#read(name, absent, false);
    else this.#mayHaveDone(name, absent, answer);
  }

  /** As `docker service ls`. */
  async #list(): Promise<void> {
    const answer = await this.#ask('GET', '/services?status=true');
    if (answer?.status !== 200) return;
    const seen = (answer.json as readonly unknown[]).map(readService);
    const found = new Map(seen.map((service) => [service.name, service]));
    for (const name of this.services.names()) this.#readSeen(name, found.get(name));
  }

  /** As `docker service inspect`. */
  async #inspect(name: string): Promise<SeenService | 'absent' | 'no answer'> {
    const answer = await this.#ask('GET', `/services/${name}`);
    if (answer === undefined || (answer.status !== 200 && answer.status !== 404)) {
      return 'no answer';
    }
    const seen = answer.status === 404 ? undefined : readService(answer.json);
    this.#readSeen(name, seen);
    return seen ?? 'absent';
  }

  /** As the CLI after `create` and `update`, until it is told to stop. */
  async #follow(name: string, polls: number): Promise<void> {
    for (let left = polls; left > 0; left -= 1) {
      const filters = encodeURIComponent(JSON.stringify({ service: { [name]: true } }));
      const tasks = await this.#ask('GET', `/tasks?filters=${filters}`);
      await this.#ask('GET', '/nodes');
      if (tasks === undefined) return;
      if (tasks.status >= 400 && tasks.status < 500) {
        this.#world.fail('API', `list of tasks answered ${tasks.status} ${tasks.text}`);
      }
      await this.#world.sleep(pollMs);
    }
  }

  #mayHaveDone(name: string, state: ServiceState, answer: Answer | undefined): void {
    const isRefused = answer !== undefined && answer.status < 500;
    const isOutOfSequence = answer?.text.includes('out of sequence') === true;
    if (!isRefused && !isOutOfSequence) this.services.unanswered(name, state, this.#nowMs);
  }

  #readSeen(name: string, seen: SeenService | undefined): void {
    if (seen === undefined) {
      this.#read(name, absent, false);
      return;
    }
    const { shape, updateState } = seen;
    if (!updateStates.includes(updateState)) {
      this.#world.fail('API', `${name} says that its update is ${updateState}`);
    }
    this.#read(name, { kind: 'present', shape }, updateState.startsWith('rollback'));
  }

  #read(name: string, found: ServiceState, isBack: boolean): void {
    const expected = JSON.stringify(this.services.states(name));
    if (this.services.read(name, found, isBack, this.#nowMs)) return;
    this.#world.fail('S6', `${name} is ${JSON.stringify(found)}, expected one of ${expected}`);
  }

  get #nowMs(): number {
    return this.#world.clock.nowMs();
  }

  async #ask(method: string, target: string, body?: unknown): Promise<Answer | undefined> {
    const answer = await this.#http.ask(method, target, body);
    if (method !== 'GET') {
      if (answer === undefined) this.#world.seen.add('operation without an answer');
      const short = body === undefined ? '' : ` ${JSON.stringify(body).slice(0, 160)}`;
      const said = answer === undefined ? 'no answer' : `${answer.status} ${answer.text.trim()}`;
      this.#world.trace.add(this.#name, `${method} ${target}${short} -> ${said.slice(0, 120)}`);
    }
    return answer;
  }
}
