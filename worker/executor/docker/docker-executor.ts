import type { Clock } from '../../../common/ports/clock.ts';
import type { ContainerDetails, EngineApi } from '../../../common/ports/engine-api.ts';
import type { Log } from '../../../common/ports/log.ts';
import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import type { Random } from '../../../common/pure/random.ts';
import { withDeadline } from '../../../common/run/deadline.ts';
import { TaskGroup } from '../../../common/run/task-group.ts';
import type { Assignment } from '../../../proto/gen/dispatcher.ts';
import {
  newNodeDescription,
  newTaskAddress,
  type NodeDescription,
  type TaskAddress,
} from '../../../proto/gen/objects.ts';
import type { ContainerView, Executor, ExecutorEvent } from '../contract.ts';
import type { TaskNetworks } from '../networks.ts';
import { containerBody, endpointSettings, type Attachment } from './container-body.ts';
import { ContainerTable } from './container-table.ts';
import { containerView } from './container-view.ts';
import { describeByVersion, describeEngine } from './describe.ts';
import { EngineWatch } from './engine-watch.ts';
import { EventQueue } from './event-queue.ts';
import { ImagePlatforms } from './image-platforms.ts';
import { Images } from './images.ts';
import { taskLabels, taskName } from './names.ts';

/** Patience with `/info`, milliseconds. */
const infoDeadlineMs = 1_000;

export interface DockerExecutorParts {
  readonly engine: EngineApi;
  readonly networks: TaskNetworks;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly nodeId: string;
  readonly hostname: string;
}

/**
 * Runs tasks on the node's Docker Engine.
 *
 * A task costs one create and one start. What containers do is learned from events, so that looking at a task usually costs no call;
 * while nobody iterates `events`, every look asks the engine.
 */
export class DockerExecutor implements Executor {
  readonly #parts: DockerExecutorParts;
  readonly #images: Images;
  readonly #platforms: ImagePlatforms;
  readonly #networks: TaskNetworks;
  readonly #table = new ContainerTable();
  #description: NodeDescription;

  constructor(parts: DockerExecutorParts) {
    this.#parts = parts;
    this.#images = new Images(parts.engine, parts.clock);
    this.#platforms = new ImagePlatforms(parts.engine);
    this.#networks = parts.networks;
    this.#description = newNodeDescription({ hostname: parts.hostname });
  }

  async describe(signal: AbortSignal): Promise<NodeDescription> {
    const { engine, clock, hostname } = this.#parts;
    try {
      const deadline = { clock, durationMs: infoDeadlineMs, signal };
      const info = await withDeadline(deadline, (inner) => engine.info(inner));
      this.#description = describeEngine(hostname, info);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      await this.#describeBriefly(signal);
    }
    return this.#description;
  }

  /**
   * What `/version` tells: it answers while `/info` waits behind a registry that does not (engine 20.10 holds a lock during the lookup of its
   * name, for ten seconds and more). The rest stays as it was last known.
   */
  async #describeBriefly(signal: AbortSignal): Promise<void> {
    try {
      const version = await this.#parts.engine.version(signal);
      this.#description = describeByVersion(this.#description, version);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      // An engine that is only slow is as it was: whether it hangs is found by pings, with more patience.
      if (error.code === 'engineUnavailable')
        this.#description = { ...this.#description, engineAvailable: false };
    }
  }

  async pull(
    assignment: Assignment,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { image = '', registryAuth = '' } = assignment.spec?.container ?? {};
    if (image !== '') await this.#images.ensure(image, registryAuth, progress, signal);
  }

  async prepare(
    assignment: Assignment,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if ((await this.inspect(assignment.taskId, signal)) !== undefined) return;
    const attachments = attachmentsOf(assignment, this.#networks);
    const { nodeId, hostname } = this.#parts;
    const node = { nodeId, hostname, platform: this.#description.platform };
    const body = containerBody(assignment, node, attachments);
    await this.pull(assignment, progress, signal);
    for (const network of assignment.networks) await this.#networks.ensure(network, signal);
    try {
      await this.#create(assignment, attachments, body, signal);
    } catch (error) {
      if (!isNoSuchImage(error)) throw asRefusal(error);
      this.#images.forget(body.Image);
      await this.pull(assignment, progress, signal);
      await this.#create(assignment, attachments, body, signal).catch(rethrowAsRefusal);
    }
  }

  async start(assignment: Assignment, signal: AbortSignal): Promise<void> {
    const name = taskName(assignment, this.#parts.nodeId);
    try {
      await this.#startOnce(assignment, name, signal);
    } catch (error) {
      if (!isNoSuchNetwork(error)) throw asRefusal(error);
      this.#networks.forget();
      for (const network of assignment.networks) await this.#networks.ensure(network, signal);
      await this.#startOnce(assignment, name, signal).catch(rethrowAsRefusal);
    }
  }

  async inspect(taskId: string, signal: AbortSignal): Promise<ContainerView | undefined> {
    const details = await this.#details(taskId, signal);
    return details === undefined ? undefined : await this.#explained(details, signal);
  }

  async stop(taskId: string, graceMs: number, signal: AbortSignal): Promise<void> {
    const graceSeconds = Math.ceil(graceMs / 1000);
    await this.#ifPresent(taskId, signal, async (containerId) => {
      await this.#parts.engine.stopContainer(containerId, graceSeconds, signal);
    });
  }

  async remove(taskId: string, signal: AbortSignal): Promise<void> {
    await this.#ifPresent(taskId, signal, async (containerId) => {
      await this.#parts.engine
        .removeContainer(containerId, { force: true, volumes: true }, signal)
        .catch((error: unknown) => {
          // Someone else removes it at this moment: the engine refuses the second, and it goes all the same.
          if (!isShoalError(error, 'conflict')) throw error;
        });
      this.#table.remove(taskId, containerId);
    });
  }

  async list(signal: AbortSignal): Promise<readonly ContainerView[]> {
    const label = [`${taskLabels.nodeId}=${this.#parts.nodeId}`];
    const found = await this.#parts.engine.listContainers({ label }, signal);
    const views: ContainerView[] = [];
    const waiting = found.values();
    const look = async (): Promise<void> => {
      for (const container of waiting) {
        const taskId = container.Labels[taskLabels.taskId] ?? '';
        this.#table.putIfNone(taskId, container.Id);
        const details = await this.#ask(taskId, container.Id, signal);
        if (details !== undefined) views.push(containerView(details));
      }
    };
    await Promise.all(Array.from({ length: limits.engineInspectFanOut }, look));
    return views;
  }

  async *events(signal: AbortSignal): AsyncGenerator<ExecutorEvent, void> {
    const queue = new EventQueue();
    const watch = new EngineWatch(
      {
        ...this.#parts,
        table: this.#table,
        onConnected: () => {
          this.#networks.forget();
        },
      },
      queue,
    );
    await using group = new TaskGroup(signal);
    group.spawn('engine watch', (inner) => watch.run(inner));
    try {
      while (!group.signal.aborted) yield* await queue.take(group.signal);
    } finally {
      this.#table.lose();
    }
  }

  async addresses(taskId: string, signal: AbortSignal): Promise<readonly TaskAddress[]> {
    const details = await this.#details(taskId, signal);
    const found: TaskAddress[] = [];
    for (const endpoint of Object.values(details?.Networks ?? {})) {
      if (endpoint.IPAddress === '') continue;
      const networkId = await this.#networks.idOf(endpoint.NetworkID, signal);
      if (networkId === undefined) continue;
      const address = `${endpoint.IPAddress}/${endpoint.IPPrefixLen}`;
      found.push(newTaskAddress({ networkId, address }));
    }
    return found;
  }

  /** An image for another machine ends with a code that says nothing: gives the reason. */
  async #explained(details: ContainerDetails, signal: AbortSignal): Promise<ContainerView> {
    const view = containerView(details);
    if (view.state !== 'exited' || view.exitCode === 0 || view.error !== '') return view;
    const architecture = this.#description.platform?.architecture ?? '';
    const reason = await this.#platforms.mismatch(details.Image, architecture, signal);
    if (reason === '') return view;
    return { ...view, error: `task: non-zero exit (${view.exitCode}): ${reason}` };
  }

  /** Removes the cluster's networks from the engine, as far as no container uses them. For a node that leaves. */
  async removeNetworks(signal: AbortSignal): Promise<void> {
    await this.#networks.removeUnused(signal);
  }

  /** One create; the name is the task's, so a second attempt finds what the first one made. */
  async #create(
    assignment: Assignment,
    attachments: readonly Attachment[],
    body: ReturnType<typeof containerBody>,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, nodeId } = this.#parts;
    const name = taskName(assignment, nodeId);
    try {
      const { Id: containerId } = await engine.createContainer(name, body, signal);
      this.#table.put(assignment.taskId, containerId);
    } catch (error) {
      if (!isShoalError(error, 'conflict')) throw error;
      const owner = await engine.inspectContainer(name, signal);
      if (owner.Labels[taskLabels.taskId] !== assignment.taskId) throw error;
      this.#table.put(assignment.taskId, owner.Id);
    }
    for (const attachment of attachments.slice(1)) {
      await engine.connectNetwork(
        attachment.networkName,
        name,
        endpointSettings(attachment),
        signal,
      );
    }
  }

  async #startOnce(assignment: Assignment, name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.engine.startContainer(name, signal);
    } finally {
      this.#table.touch(assignment.taskId);
    }
  }

  async #details(taskId: string, signal: AbortSignal): Promise<ContainerDetails | undefined> {
    const known = this.#table.details(taskId);
    if (known !== undefined) return known;
    const containerId = await this.#find(taskId, signal);
    if (containerId === undefined) return undefined;
    const details = await this.#ask(taskId, containerId, signal);
    if (details !== undefined) return details;
    const newer = this.#table.containerId(taskId);
    return newer === undefined ? undefined : await this.#ask(taskId, newer, signal);
  }

  async #ask(
    taskId: string,
    containerId: string,
    signal: AbortSignal,
  ): Promise<ContainerDetails | undefined> {
    const changes = this.#table.changes(taskId);
    try {
      const details = await this.#parts.engine.inspectContainer(containerId, signal);
      this.#table.keep(taskId, details, changes);
      return details;
    } catch (error) {
      if (!isShoalError(error, 'notFound')) throw error;
      this.#table.remove(taskId, containerId);
      return undefined;
    }
  }

  /** The task's container. Asks the engine unless events have told. */
  async #find(taskId: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#table.isComplete) return this.#table.containerId(taskId);
    const label = [`${taskLabels.taskId}=${taskId}`];
    const [found] = await this.#parts.engine.listContainers({ label }, signal);
    if (found !== undefined) this.#table.put(taskId, found.Id);
    return found?.Id;
  }

  /** Acts on the task's container; that there is none, or none any more, is no error. */
  async #ifPresent(
    taskId: string,
    signal: AbortSignal,
    action: (containerId: string) => Promise<void>,
  ): Promise<void> {
    const containerId = await this.#find(taskId, signal);
    if (containerId === undefined) return;
    try {
      await action(containerId);
    } catch (error) {
      if (!isShoalError(error, 'notFound')) throw asRefusal(error);
      this.#table.remove(taskId, containerId);
    } finally {
      this.#table.touch(taskId);
    }
  }
}

/** The task's addresses on networks of the engine. */
function attachmentsOf(assignment: Assignment, networks: TaskNetworks): readonly Attachment[] {
  return assignment.addresses.map(({ networkId, address }) => {
    const network = assignment.networks.find((candidate) => candidate.id === networkId);
    if (network === undefined) {
      throw new ShoalError('engineRefused', 'a network of the task is not known on this node', {
        fields: { networkId },
      });
    }
    const config = assignment.spec?.networks.find((candidate) => candidate.target === networkId);
    return {
      networkName: networks.engineName(network),
      address: address.split('/')[0] ?? '',
      aliases: config?.aliases ?? [],
    };
  });
}

/** Wrong state or a taken name: for the task that is a refusal like any other. */
function asRefusal(error: unknown): unknown {
  if (!isShoalError(error, 'conflict')) return error;
  return new ShoalError('engineRefused', error.message, { fields: error.fields, cause: error });
}

function rethrowAsRefusal(error: unknown): never {
  throw asRefusal(error);
}

function isNoSuchImage(error: unknown): boolean {
  return isShoalError(error, 'notFound') && /no such image/i.test(error.message);
}

function isNoSuchNetwork(error: unknown): boolean {
  return isShoalError(error, 'notFound') && /^network .* not found$/.test(error.message);
}
