import type { LogMessage, LogOptions } from '../../common/ports/cluster-api.ts';
import type { RpcChannel, RpcHandler } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { seededRandom } from '../../common/pure/random.ts';
import { decodeUtf8 } from '../../common/pure/utf8.ts';
import { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import type { MemoryRpcChannel } from '../../common/run/rpc/memory-channel.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { SessionsElsewhere } from '../../manager/dispatcher/sessions-elsewhere.ts';
import { LogBroker } from '../../manager/logbroker/log-broker.ts';
import type { LogTarget } from '../../manager/logbroker/log-reader.ts';
import type { StoreEvent } from '../../manager/store/events.ts';
import { deleteOp } from '../../manager/store/ops.ts';
import {
  newNodeStatus,
  newTaskDesired,
  newTaskPlacement,
  newTaskStatus,
  NodeState,
  type Table,
  TaskState,
} from '../../proto/gen/objects.ts';
import { logBrokerHandlers } from '../../proto/rpc/logs.ts';
import { managersHandlers } from '../../proto/rpc/managers.ts';
import { LogServer } from '../../worker/logs/log-server.ts';
import { FakeEngine } from './fake-engine/fake-engine.ts';
import { fakeWebImage, webImage } from './fake-engine/web-image.ts';
import { KeptLog } from './kept-log.ts';
import { putValue } from './store-fixture.ts';
import { nodeId, StoreProposer } from './store-proposer.ts';
import { VirtualClock } from './virtual-clock.ts';

const everything: LogOptions = {
  stdout: true,
  stderr: true,
  follow: false,
  since: '',
  tail: undefined,
};

/** Name of a task's container. */
export function containerOf(taskId: string): string {
  return `task-${taskId}`;
}

/** One reader of logs, as a client of the API is. */
export class LogClient {
  readonly texts: string[] = [];
  /** What is missing. */
  readonly missing: string[] = [];
  readonly messages: LogMessage[] = [];
  /** How it ended; undefined while it goes on. */
  ended: string | undefined;
  readonly #abort = new AbortController();
  /** Messages that it still takes. */
  #appetite = Infinity;
  #hungry: (() => void) | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Takes so many messages more, and then no more. */
  eat(count: number): void {
    this.#appetite = count;
    this.#hungry?.();
  }

  leave(): void {
    this.#abort.abort(new ShoalError('cancelled', 'the client is gone'));
    this.#hungry?.();
  }

  async follow(pieces: AsyncIterable<readonly LogMessage[]>): Promise<void> {
    try {
      for await (const messages of pieces) {
        for (const message of messages) this.#take(message);
        while (this.#appetite <= 0 && !this.signal.aborted) {
          await new Promise<void>((resolve) => {
            this.#hungry = resolve;
          });
        }
      }
      this.ended = 'end';
    } catch (error) {
      this.ended = error instanceof ShoalError ? error.code : String(error);
    }
  }

  #take(message: LogMessage): void {
    this.#appetite -= 1;
    this.messages.push(message);
    if (message.kind === 'line') {
      this.texts.push(`${message.taskId} ${decodeUtf8(message.text).trimEnd()}`);
    } else {
      const reason = message.kind === 'taskMissing' ? ` ${message.reason}` : '';
      this.missing.push(`${message.kind} ${message.nodeId}${reason}`);
    }
  }
}

/** A node whose worker can give logs. */
export class LogNode {
  readonly engine: FakeEngine;
  readonly server: LogServer;
  readonly #rig: LogRig;
  readonly #id: string;
  #channel: MemoryRpcChannel | undefined;
  #session = new AbortController();

  constructor(rig: LogRig, id: string) {
    this.#rig = rig;
    this.#id = id;
    const { clock, log } = rig;
    const random = seededRandom(1).fork(id);
    this.engine = new FakeEngine({ clock, random, images: [fakeWebImage()] });
    this.server = new LogServer({
      engine: this.engine,
      inspect: async (taskId, signal) => {
        const found = this.engine.containers().find(({ name }) => name === containerOf(taskId));
        if (found === undefined) return undefined;
        const { State: state } = await this.engine.inspectContainer(found.id, signal);
        const isOver = state.Status === 'exited';
        const word = state.Status === 'created' ? 'created' : 'running';
        return { containerId: found.id, state: isOver ? 'exited' : word };
      },
      clock,
      log,
    });
  }

  /** Opens a session and listens until `disconnect`. @param over another way to the manager. @param to which manager */
  connect(
    over: (channel: RpcChannel) => RpcChannel = (channel) => channel,
    to: LogManager = this.#rig.manager,
  ): void {
    this.#session = new AbortController();
    const sessionId = to.openSession(this.#id, this.#session.signal);
    this.#channel = to.channel(this.#id);
    const channel = over(this.#channel);
    const { signal } = this.#session;
    this.#rig.group.spawn('log server', async () => {
      await this.server.serve(channel, sessionId, signal).catch((error: unknown) => {
        if (!(error instanceof ShoalError)) throw error;
      });
    });
  }

  disconnect(): void {
    this.#channel?.disconnect();
    this.#session.abort(new ShoalError('unavailable', 'the session ended'));
  }

  /** Turns to another manager. */
  moveTo(manager: LogManager): void {
    this.disconnect();
    this.connect(undefined, manager);
  }

  /** Streams of logs that the engine has open. */
  get openStreams(): number {
    return this.engine.containers().reduce((sum, { log }) => sum + log.readerCount, 0);
  }
}

/** A manager, as far as logs are concerned. Others hear at once which nodes have sessions with it. */
export class LogManager {
  readonly id: string;
  readonly broker: LogBroker;
  readonly server: MemoryRpcServer;
  readonly elsewhere = new SessionsElsewhere();
  /** Readers that other managers have had here. */
  relayed = 0;
  readonly #rig: LogRig;
  readonly #observed: { readonly managerId: string };
  readonly #links = new Set<MemoryRpcChannel>();
  readonly #sessions = new Map<string, { readonly node: string; readonly signal: AbortSignal }>();

  constructor(rig: LogRig, id: string) {
    this.#rig = rig;
    this.id = id;
    this.#observed = { managerId: id };
    this.broker = new LogBroker({
      view: () => rig.proposer.view,
      subscribe: (handler, replaced) => rig.subscribe(handler, replaced),
      managers: {
        managerOf: (node) => this.elsewhere.managerOf(node),
        watch: (handler) => this.elsewhere.watch(handler),
        channelTo: (to) => this.#dial(to),
      },
      clock: rig.clock,
      newReadId: () => rig.name('read'),
      sessionSignal: (sessionId, call) => {
        const session = this.#sessions.get(sessionId);
        if (session?.node !== call.peer.nodeId || session.signal.aborted)
          throw new ShoalError('notFound', 'session is not known');
        return session.signal;
      },
    });
    this.server = new MemoryRpcServer(
      [...logBrokerHandlers(this.broker), ...this.#forManagers()],
      rig.clock,
    );
  }

  /** A connection of a node to this manager. */
  channel(node: string, role: 'worker' | 'manager' = 'worker'): MemoryRpcChannel {
    return this.server.channel({ nodeId: nodeId(node), clusterId: asId<'cluster'>('c'), role });
  }

  openSession(node: string, signal: AbortSignal): string {
    const id = this.#rig.name('session');
    this.#sessions.set(id, { node, signal });
    const others = [...this.#rig.managers.values()].filter((other) => other !== this);
    for (const { elsewhere } of others) elsewhere.add(nodeId(node), this.#observed);
    signal.addEventListener('abort', () => {
      for (const { elsewhere } of others) elsewhere.delete(nodeId(node), this.#observed);
    });
    return id;
  }

  /** Its connections to other managers break; the next call connects again. */
  breakLinks(): void {
    for (const link of this.#links) link.disconnect();
    this.#links.clear();
  }

  /** Its process ends. Nodes with sessions are to be disconnected before, or after. */
  async stop(): Promise<void> {
    if (this.#rig.managers.get(this.id) === this) this.#rig.managers.delete(this.id);
    this.broker[Symbol.dispose]();
    await this.server.close();
  }

  #dial(to: string): MemoryRpcChannel | undefined {
    const link = this.#rig.managers.get(to)?.channel(this.id, 'manager');
    if (link !== undefined) this.#links.add(link);
    return link;
  }

  #forManagers(): readonly RpcHandler[] {
    const none = new ShoalError('notImplemented', 'no part of this');
    return managersHandlers({
      submit: () => Promise.reject(none),
      observe: () => {
        throw none;
      },
      compare: () => {
        throw none;
      },
      readLogs: (_request, call) => {
        this.relayed += 1;
        return this.broker.readLogs(call);
      },
      orderLogs: (request, call) => Promise.resolve(this.broker.orderLogs(request, call)),
    });
  }
}

/** Log brokers over a store in this process, on virtual time, and nodes whose engines are fakes. One manager, unless others are added. */
export class LogRig implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly proposer = new StoreProposer();
  readonly log = new KeptLog();
  readonly group = new TaskGroup();
  readonly nodes = new Map<string, LogNode>();
  readonly managers = new Map<string, LogManager>();
  /** The first. */
  readonly manager: LogManager;
  readonly #replaced = new Set<() => void>();
  #isPassingOver = false;
  #names = 0;

  constructor() {
    this.manager = this.addManager('first');
    this.proposer.fixture.service('web');
    for (const id of ['one', 'two']) this.node(id).connect();
  }

  /** Makes `change` as one that managers get within a snapshot: they hear of no event. */
  passOver(change: () => void): void {
    this.#isPassingOver = true;
    change();
    this.#isPassingOver = false;
    for (const replaced of this.#replaced) replaced();
  }

  subscribe(handler: (events: readonly StoreEvent[]) => void, replaced: () => void): () => void {
    this.#replaced.add(replaced);
    const end = this.proposer.subscribe((events) => {
      if (!this.#isPassingOver) handler(events);
    });
    return () => {
      this.#replaced.delete(replaced);
      end();
    };
  }

  get broker(): LogBroker {
    return this.manager.broker;
  }

  /** To be added before nodes have sessions that it has to know of. */
  addManager(id: string): LogManager {
    const manager = new LogManager(this, id);
    this.managers.set(id, manager);
    return manager;
  }

  /** A connection of a node to the first manager. */
  channel(node: string): MemoryRpcChannel {
    return this.manager.channel(node);
  }

  openSession(node: string, signal: AbortSignal): string {
    return this.manager.openSession(node, signal);
  }

  /** A node that is ready and has not connected yet. */
  node(id: string): LogNode {
    const status = newNodeStatus({ state: NodeState.nodeReady });
    this.proposer.fixture.node(id, { status });
    const node = new LogNode(this, id);
    this.nodes.set(id, node);
    return node;
  }

  at(id: string): LogNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** A task of `web` whose container runs, unless its state says otherwise. */
  async task(id: string, on: string, state: TaskState = TaskState.running): Promise<void> {
    this.proposer.fixture.task(id, {
      serviceId: 'web',
      desired: newTaskDesired({ state: TaskState.running }),
      placement: newTaskPlacement({ nodeId: on, placedAtMs: 1 }),
      status: newTaskStatus({ state }),
    });
    if (state >= TaskState.starting) await this.container(id, on);
  }

  async container(id: string, on: string): Promise<void> {
    const { engine } = this.at(on);
    const { signal } = this.group;
    await engine.createContainer(containerOf(id), { Image: webImage }, signal);
    await engine.startContainer(containerOf(id), signal);
  }

  setState(id: string, state: TaskState): void {
    const value = newTaskStatus({ state });
    this.proposer.fixture.change({ ops: [putValue(id, { kind: 'taskStatus', value })] });
  }

  setNode(id: string, state: NodeState): void {
    const value = newNodeStatus({ state });
    this.proposer.fixture.change({ ops: [putValue(id, { kind: 'nodeStatus', value })] });
  }

  remove(table: Table, key: string): void {
    this.proposer.fixture.change({ ops: [deleteOp(table, key)] });
  }

  /** Reads logs; what is ready has come. @param at the first manager when absent */
  async read(
    options: Partial<LogOptions> = {},
    target: LogTarget = { kind: 'service', id: asId<'service'>('web') },
    appetite = Infinity,
    at: LogManager = this.manager,
  ): Promise<LogClient> {
    const client = new LogClient();
    client.eat(appetite);
    const messages = at.broker.read(target, { ...everything, ...options }, client.signal);
    this.group.spawn('client', () => client.follow(messages));
    await this.clock.settle();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { broker } of this.managers.values()) broker[Symbol.dispose]();
    for (const node of this.nodes.values()) node.disconnect();
    for (const manager of this.managers.values()) await manager.stop();
    await this.group[Symbol.asyncDispose]();
  }

  name(kind: string): string {
    this.#names += 1;
    return `${kind}-${this.#names}`;
  }
}
