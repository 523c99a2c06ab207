import { type Json, listAt, textAt } from '../render/reading.ts';
import {
  type InfoView,
  type NodeView,
  readInfo,
  readNode,
  readService,
  readTask,
  type ServiceView,
  type TaskView,
} from '../render/views.ts';
import { CliError, type CommandContext, DaemonError, usageError } from './context.ts';

/** Values wanted of each filter, as `--filter key=value` gives them. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** Joins a path, names escaped, so that a name such as `../nodes` cannot lead elsewhere. */
export function apiPath(...parts: readonly string[]): string {
  return parts.map((part) => `/${escapePart(part)}`).join('');
}

function escapePart(part: string): string {
  if (part === '' || part === '.' || part === '..') throw usageError(`"${part}" is not a name`);
  return encodeURIComponent(part);
}

/** Reads `key=value` words, as `--filter` takes them. */
export function parseFilters(words: readonly string[]): Filters {
  const filters: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) throw usageError(`--filter "${word}" is not key=value`);
    (filters[word.slice(0, equals)] ??= []).push(word.slice(equals + 1));
  }
  return filters;
}

/** The query that carries filters; empty without any. */
function filterQuery(filters: Filters): Readonly<Record<string, string>> {
  const entries = Object.entries(filters);
  if (entries.length === 0) return {};
  const encoded = entries.map(([key, values]) => [
    key,
    Object.fromEntries(values.map((value) => [value, true])),
  ]);
  return { filters: JSON.stringify(Object.fromEntries(encoded)) };
}

/** Asks for what the daemon says about itself and its swarm. */
export async function getInfo(context: CommandContext, signal: AbortSignal): Promise<InfoView> {
  return readInfo(await context.api.call({ method: 'GET', path: '/info' }, signal));
}

/** A list of the API that commands print. */
export type ListPath = '/nodes' | '/services' | '/tasks';

/** Asks for a list as the daemon gives it; services come with their counts of tasks. */
export async function askList(
  context: CommandContext,
  path: ListPath,
  filters: Filters,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  const status = path === '/services' ? { status: 'true' } : {};
  const query = { ...status, ...filterQuery(filters) };
  const answer = await context.api.call({ method: 'GET', path, query }, signal);
  if (Array.isArray(answer)) return answer as readonly Json[];
  throw new CliError('the daemon answered something else than a list');
}

/** Asks for all nodes. */
export async function listNodes(
  context: CommandContext,
  signal: AbortSignal,
): Promise<readonly NodeView[]> {
  return (await askList(context, '/nodes', {}, signal)).map(readNode);
}

/** Asks for services with their counts of tasks. */
export async function listServices(
  context: CommandContext,
  filters: Filters,
  signal: AbortSignal,
): Promise<readonly ServiceView[]> {
  return (await askList(context, '/services', filters, signal)).map(readService);
}

/** Asks for tasks. */
export async function listTasks(
  context: CommandContext,
  filters: Filters,
  signal: AbortSignal,
): Promise<readonly TaskView[]> {
  return (await askList(context, '/tasks', filters, signal)).map(readTask);
}

/** Blanks for each level of printed JSON: Docker's. */
const jsonIndent = 4;

/** Prints what the daemon gave, for programs. */
export function printJson(context: CommandContext, value: Json): void {
  context.out(`${JSON.stringify(value, null, jsonIndent)}\n`);
}

/**
 * Asks for one service by id, name or unique start of an id, as it came.
 * @throws DaemonError with status 404 if there is none.
 */
export function getService(
  context: CommandContext,
  service: string,
  signal: AbortSignal,
): Promise<Json> {
  return context.api.call({ method: 'GET', path: apiPath('services', service) }, signal);
}

/** Asks for one node by id, host name or unique start of an id, as it came; `self` is the node that was asked. */
export async function getNode(
  context: CommandContext,
  node: string,
  signal: AbortSignal,
): Promise<Json> {
  const ref = node === 'self' ? (await getInfo(context, signal)).nodeId : node;
  // A node of no swarm has no id: the daemon says so itself.
  return context.api.call({ method: 'GET', path: apiPath('nodes', ref || 'self') }, signal);
}

/** Prints what the daemon warns of, one line each. */
export function printWarnings(context: CommandContext, answer: Json): void {
  for (const warning of listAt(answer, 'Warnings')) {
    if (typeof warning === 'string') context.err(`WARNING: ${warning}\n`);
  }
}

/** The id in an answer to a creation. */
export function idOf(answer: Json): string {
  return textAt(answer, 'ID');
}

/** True when the daemon refused because there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof DaemonError && error.status === 404;
}
