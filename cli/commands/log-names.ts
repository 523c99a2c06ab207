import { type Json, numberAt, textAt } from '../render/reading.ts';
import { shortId } from '../render/text.ts';
import { readService, type ServiceView } from '../render/views.ts';
import type { CommandContext } from './context.ts';
import { apiPath, isNotFound } from './resources.ts';

export interface LogNameOptions {
  /** Whether ids are turned into names. */
  readonly isResolved: boolean;
  readonly hasTaskIds: boolean;
  /** Whether ids are shown whole. */
  readonly isWhole: boolean;
}

/** Where a line of logs came from. */
export interface LogSourceIds {
  readonly taskId: string;
  readonly nodeId: string;
}

/**
 * The names that stand in front of lines of logs, `web.1.k2h3…@host`, as Docker's client writes them. Each task and node
 * is asked for once; what is gone by now is shown by its id.
 */
export class LogNames {
  readonly #context: CommandContext;
  readonly #options: LogNameOptions;
  readonly #answers = new Map<string, Json>();
  readonly #prefixes = new Map<string, string>();

  constructor(context: CommandContext, options: LogNameOptions) {
    this.#context = context;
    this.#options = options;
  }

  async prefix(ids: LogSourceIds, signal: AbortSignal): Promise<string> {
    const key = `${ids.taskId} ${ids.nodeId}`;
    const known = this.#prefixes.get(key);
    if (known !== undefined) return known;
    const prefix = await this.#makePrefix(ids, signal);
    this.#prefixes.set(key, prefix);
    return prefix;
  }

  async #makePrefix({ taskId, nodeId }: LogSourceIds, signal: AbortSignal): Promise<string> {
    const task = await this.#get('tasks', taskId, signal);
    const serviceId = textAt(task, 'ServiceID');
    const slot = numberAt(task, 'Slot') ?? 0;
    const service = await this.#get('services', serviceId, signal);
    const view = service === undefined ? undefined : readService(service);
    const node = this.#options.isResolved ? await this.#get('nodes', nodeId, signal) : undefined;
    const nodeName = textAt(node, 'Description', 'Hostname') || this.#id(nodeId);
    const name = this.#taskName({ taskId, slot, serviceId, service: view });
    return `${name}@${nodeName}${' '.repeat(slotPadding(slot, view))}`;
  }

  #taskName(task: {
    readonly taskId: string;
    readonly slot: number;
    readonly serviceId: string;
    readonly service: ServiceView | undefined;
  }): string {
    const { taskId, slot, serviceId, service } = task;
    if (serviceId === '') return this.#id(taskId);
    const known = this.#options.isResolved ? service?.name : undefined;
    const name = `${known ?? this.#id(serviceId)}.${String(slot)}`;
    return this.#options.hasTaskIds ? `${name}.${this.#id(taskId)}` : name;
  }

  #id(id: string): string {
    return this.#options.isWhole ? id : shortId(id);
  }

  async #get(kind: string, id: string, signal: AbortSignal): Promise<Json> {
    if (id === '') return undefined;
    const path = apiPath(kind, id);
    if (this.#answers.has(path)) return this.#answers.get(path);
    const answer = await this.#ask(path, signal);
    this.#answers.set(path, answer);
    return answer;
  }

  async #ask(path: string, signal: AbortSignal): Promise<Json> {
    try {
      return await this.#context.api.call({ method: 'GET', path }, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** Blanks that line up the names of a replicated service, whose slots have numbers of different lengths. */
function slotPadding(slot: number, service: ServiceView | undefined): number {
  const digits = service?.replicas === undefined ? 0 : String(service.replicas).length;
  return Math.max(0, digits - String(slot).length);
}
