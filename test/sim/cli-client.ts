import type { Random } from '../../common/pure/random.ts';
import { ExpectedServices, type ServiceState } from './expected-services.ts';
import { HttpClient, type Answer } from './http-client.ts';
import { badImages, goodImages } from './images.ts';
import { oneOf } from './options.ts';
import { readService, serviceBody, versionOf } from './service-json.ts';
import type { World } from './world.ts';

/** How often the docker CLI asks while it shows progress, virtual milliseconds. */
const pollMs = 200;
const firstPort = 8000;
const ports = 6;
const servicesMax = 4;

type Present = Extract<ServiceState, { kind: 'present' }>;

/** A user with the docker CLI: creates, scales, removes, lists and inspects services of her own, and holds the answers to what she did. */
export class CliClient {
  readonly services = new ExpectedServices();
  readonly #world: World;
  readonly #random: Random;
  readonly #http: HttpClient;
  readonly #name: string;
  #created = 0;

  constructor(world: World, index: number) {
    this.#world = world;
    this.#name = `c${index}`;
    this.#random = world.random.fork(this.#name);
    this.#http = new HttpClient(world, this.#name);
  }

  /** Works until `untilMs`, then comes to an end with what it is at. */
  async run(untilMs: number): Promise<void> {
    while (this.#world.clock.nowMs() < untilMs) {
      await this.#world.sleep(this.#random.unit() * 2 * this.#world.options.thinkMs);
      await this.#act();
    }
  }

  /** Reads all of its services once. False while the manager does not answer. */
  async readAll(): Promise<boolean> {
    for (const name of this.services.names()) {
      if ((await this.#inspect(name)) === undefined) return false;
    }
    return true;
  }

  async #act(): Promise<void> {
    const present = this.#present();
    const choice = this.#random.below(10);
    if (present.length === 0 || (choice < 3 && present.length < servicesMax)) await this.#create();
    else if (choice < 6) await this.#scale(oneOf(this.#random, present));
    else if (choice < 7) await this.#remove(oneOf(this.#random, present));
    else if (choice < 9) await this.#list();
    else await this.#inspect(oneOf(this.#random, present));
  }

  #present(): readonly string[] {
    return this.services
      .names()
      .filter((name) => this.services.states(name).some((state) => state.kind === 'present'));
  }

  async #create(): Promise<void> {
    this.#created += 1;
    const name = `${this.#name}-s${this.#created}`;
    const random = this.#random;
    const state: Present = {
      kind: 'present',
      replicas: random.below(this.#world.options.replicasMax + 1),
      image: oneOf(random, random.below(5) === 0 ? badImages : goodImages),
      port: random.below(3) === 0 ? 0 : firstPort + random.below(ports),
      isPlaceable: random.below(8) > 0,
    };
    const answer = await this.#ask('POST', '/services/create', serviceBody(name, state));
    if (answer === undefined || answer.status >= 500) {
      this.services.unanswered(name, state, this.#nowMs);
    } else if (answer.status === 201) {
      this.services.acknowledged(name, state);
      await this.#follow(name);
    } else if (answer.status !== 400 || state.port === 0) {
      this.#world.fail('API', `create answered ${answer.status} ${answer.text}`);
    }
  }

  async #scale(name: string): Promise<void> {
    const before = await this.#inspect(name);
    if (before?.kind !== 'present') return;
    const replicas = this.#random.below(this.#world.options.replicasMax + 1);
    const state = { ...before, replicas };
    const got = await this.#ask('GET', `/services/${name}`);
    if (got?.status !== 200) return;
    const target = `/services/${name}/update?version=${versionOf(got.json)}`;
    const answer = await this.#ask('POST', target, serviceBody(name, state));
    if (answer?.status === 200) {
      this.services.acknowledged(name, state);
      await this.#follow(name);
    } else {
      this.#mayHaveDone(name, state, answer);
    }
  }

  async #remove(name: string): Promise<void> {
    const answer = await this.#ask('DELETE', `/services/${name}`);
    const state: ServiceState = { kind: 'absent' };
    if (answer?.status === 200) this.services.acknowledged(name, state);
    else if (answer?.status === 404) this.#read(name, state);
    else this.#mayHaveDone(name, state, answer);
  }

  /** As `docker service ls`. */
  async #list(): Promise<void> {
    const answer = await this.#ask('GET', '/services?status=true');
    if (answer?.status !== 200) return;
    const found = new Map((answer.json as readonly unknown[]).map(readService));
    for (const name of this.services.names()) {
      this.#read(name, found.get(name) ?? { kind: 'absent' });
    }
  }

  /** As `docker service inspect`. Undefined when there was no answer. */
  async #inspect(name: string): Promise<ServiceState | undefined> {
    const answer = await this.#ask('GET', `/services/${name}`);
    if (answer === undefined || (answer.status !== 200 && answer.status !== 404)) return undefined;
    const state: ServiceState =
      answer.status === 404 ? { kind: 'absent' } : readService(answer.json)[1];
    this.#read(name, state);
    return this.services.states(name)[0];
  }

  /** As the CLI after `create` and `scale`, until it is told to stop. */
  async #follow(name: string): Promise<void> {
    for (let polls = this.#random.below(20); polls > 0; polls -= 1) {
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

  #read(name: string, found: ServiceState): void {
    const expected = JSON.stringify(this.services.states(name));
    if (this.services.read(name, found, this.#nowMs)) return;
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
