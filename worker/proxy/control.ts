import type { Log } from '../../common/ports/log.ts';
import type { ByteStream } from '../../common/ports/net.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import {
  decodeToProxy,
  encodeFromProxy,
  newFromProxy,
  newProxyDrain,
  newProxyHello,
  type FromProxyMessage,
  type ProxyAcknowledge,
  type ProxyEndpoints,
  type ProxyHello,
  type ToProxyMessage,
} from '../../proto/gen/node.ts';
import { Channel, proxyProtocol } from './channel.ts';
import type { Proxy } from './proxy.ts';
import type { SnapshotFile } from './snapshot-file.ts';

export interface ControlDependencies {
  readonly proxy: Proxy;
  readonly snapshot: SnapshotFile;
  readonly log: Log;
  readonly pid: number;
  readonly build: string;
  /** Is told to drain for so long and end. */
  readonly stop: (graceMs: number) => void;
}

/**
 * The proxy's side of the control socket: obeys one daemon at a time.
 *
 * A newer connection takes over from the older one, since a daemon that restarts may still have an old one half open.
 */
export class ProxyControl implements AsyncDisposable {
  readonly #dependencies: ControlDependencies;
  readonly #group = new TaskGroup();
  readonly #unsubscribe: () => void;
  #channel: Channel | undefined;
  #silent: Channel | undefined;
  /** The newest endpoints that are not followed yet; older ones are not worth following. */
  #wanted: ProxyEndpoints | undefined;
  /** Tasks whose drain the daemon asked for and was not told of. */
  readonly #draining = new Set<string>();
  #isFollowing = false;
  #isStopping = false;

  constructor(dependencies: ControlDependencies) {
    this.#dependencies = dependencies;
    this.#unsubscribe = dependencies.proxy.onFailuresChanged((acknowledge) => {
      this.#acknowledge(acknowledge);
    });
  }

  /** Aborts when a bug ended the control, with the bug as its reason, or when it is disposed of. */
  get ended(): AbortSignal {
    return this.#group.signal;
  }

  /** Serves what was served before the last end, if that is known. */
  async restore(signal: AbortSignal): Promise<void> {
    const { proxy, snapshot, log } = this.#dependencies;
    const last = await snapshot.load();
    if (last === undefined) return;
    await proxy.apply(last.version, last.sets, signal);
    log.at('info', 'endpoints of the last run are served again', { version: last.version });
  }

  /** Takes a connection, which counts once it has said hello. Of those that have not, only the newest is kept. */
  accept(stream: ByteStream): void {
    const session = new Session();
    const channel: Channel = new Channel(stream, {
      message: (payload) => {
        const { message } = decodeToProxy(payload);
        if (message === undefined) return;
        session.check(message);
        if (message.kind === 'hello') this.#takeOver(channel, message.value);
        else this.#receive(session, message);
      },
      closed: (error) => {
        this.#dependencies.log.at('debug', 'connection of a daemon is closed', { error });
        if (this.#channel === channel) this.#channel = undefined;
        if (this.#silent === channel) this.#silent = undefined;
      },
    });
    this.#silent?.close();
    this.#silent = channel;
    send(channel, { kind: 'hello', value: this.#hello() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    this.#silent?.close();
    this.#channel?.close();
    await this.#group[Symbol.asyncDispose]();
  }

  #hello(): ProxyHello {
    const { proxy, pid, build } = this.#dependencies;
    const endpointsVersion = proxy.status().version;
    return newProxyHello({
      protocol: proxyProtocol,
      pid,
      endpointsVersion,
      build,
      tellsDrained: true,
    });
  }

  #takeOver(channel: Channel, { pid, build, protocol }: ProxyHello): void {
    if (this.#channel === channel) return;
    this.#channel?.close();
    this.#channel = channel;
    this.#silent = undefined;
    this.#dependencies.log.at('info', 'a daemon is connected', { pid, build, protocol });
  }

  #receive(session: Session, message: Exclude<ToProxyMessage, { kind: 'hello' }>): void {
    switch (message.kind) {
      case 'endpoints':
        this.#wanted = message.value;
        this.#beginFollowing();
        return;
      case 'stats':
        this.#group.spawn('stats', async (signal) => {
          const value = await this.#dependencies.proxy.stats(signal);
          this.#send({ kind: 'stats', value });
        });
        return;
      case 'drain':
        this.#drain(message.value.taskId);
        return;
      case 'stop':
        this.#stop(session, message.value.graceMs);
    }
  }

  /** Whoever is the daemon by then is told. Beyond the limit nobody is: then the stop waits for its whole grace. */
  #drain(taskId: string): void {
    if (this.#draining.has(taskId) || this.#draining.size >= limits.proxyDrains) return;
    this.#draining.add(taskId);
    this.#group.spawn('drain', async (signal) => {
      await this.#dependencies.proxy.drained(taskId, signal);
      this.#draining.delete(taskId);
      this.#send({ kind: 'drained', value: newProxyDrain({ taskId }) });
    });
  }

  /** Who replaces this proxy by one of another version goes on from the snapshot; who ends it wants it forgotten. */
  #stop(session: Session, graceMs: number): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#group.spawn('stop', async () => {
      if (session.isOfThisVersion) await this.#dependencies.snapshot.remove();
      this.#dependencies.stop(graceMs);
    });
  }

  #beginFollowing(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    this.#group.spawn('follow', async (signal) => {
      while (this.#wanted !== undefined && !this.#isStopping) {
        const endpoints = this.#wanted;
        this.#wanted = undefined;
        await this.#follow(endpoints, signal);
      }
      this.#isFollowing = false;
    });
  }

  /** Kept before it is acknowledged: a proxy that starts anew never returns to an endpoint that was said to be gone. */
  async #follow(endpoints: ProxyEndpoints, signal: AbortSignal): Promise<void> {
    const { proxy, snapshot } = this.#dependencies;
    const acknowledge = await proxy.apply(endpoints.version, endpoints.sets, signal);
    if (this.#isStopping) return;
    await snapshot.save(endpoints);
    this.#acknowledge(acknowledge);
  }

  #acknowledge(value: ProxyAcknowledge): void {
    this.#send({ kind: 'acknowledge', value });
  }

  #send(message: FromProxyMessage): void {
    if (this.#channel !== undefined) send(this.#channel, message);
  }
}

function send(channel: Channel, message: FromProxyMessage): void {
  channel.send(encodeFromProxy(newFromProxy({ message })));
}

/** What one connection has said of itself. */
class Session {
  #protocol: number | undefined;

  get isOfThisVersion(): boolean {
    return this.#protocol === proxyProtocol;
  }

  /** @throws ShoalError `failedPrecondition` for a message that may not come now. */
  check(message: ToProxyMessage): void {
    if (message.kind === 'hello') {
      this.#protocol ??= message.value.protocol;
      return;
    }
    if (this.#protocol === undefined) {
      throw new ShoalError('failedPrecondition', 'hello must come first');
    }
    if (this.isOfThisVersion || message.kind === 'stop') return;
    throw new ShoalError('failedPrecondition', 'daemon speaks another version of the protocol', {
      fields: { ours: proxyProtocol, theirs: this.#protocol },
    });
  }
}
