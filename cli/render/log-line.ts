import { readUtf8 } from '../../common/pure/utf8.ts';

/** One frame of a service's logs, taken apart. */
export interface LogLine {
  /** As the daemon wrote it; empty where it was not asked for. */
  readonly time: string;
  /** What the daemon and the log driver say about the line. */
  readonly details: ReadonlyMap<string, string>;
  /** What the container wrote, with its line feed. */
  readonly message: Uint8Array;
}

const space = 0x20;

/** Where the swarm's own facts stand among the details of a line. */
const idKeys = {
  node: 'com.docker.swarm.node.id',
  service: 'com.docker.swarm.service.id',
  task: 'com.docker.swarm.task.id',
} as const;

/**
 * Takes a frame apart that was asked for with details: `[time ]key=value,key=value message`.
 * @returns `undefined` if it is of another form.
 */
export function parseLogLine(bytes: Uint8Array, hasTime: boolean): LogLine | undefined {
  const timeEnd = hasTime ? bytes.indexOf(space) : -1;
  if (hasTime && timeEnd === -1) return undefined;
  const detailsEnd = bytes.indexOf(space, timeEnd + 1);
  if (detailsEnd === -1) return undefined;
  const time = hasTime ? readUtf8(bytes, 0, timeEnd) : '';
  const details = readUtf8(bytes, timeEnd + 1, detailsEnd);
  if (time === undefined || details?.includes('=') !== true) return undefined;
  return { time, details: parseDetails(details), message: bytes.subarray(detailsEnd + 1) };
}

function parseDetails(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((pair) => {
    const [key = '', value = ''] = pair.split('=');
    return [unescapeQuery(key), unescapeQuery(value)] as const;
  });
  return new Map(pairs);
}

function unescapeQuery(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The task and the node that a line came from; empty where the daemon does not say. */
export function sourceOf(line: LogLine): { readonly taskId: string; readonly nodeId: string } {
  return {
    taskId: line.details.get(idKeys.task) ?? '',
    nodeId: line.details.get(idKeys.node) ?? '',
  };
}

/** What the log driver adds to a line, as `key=value,key=value`: the swarm's own facts are left out. */
export function detailsText(line: LogLine): string {
  const own: readonly string[] = Object.values(idKeys);
  return [...line.details]
    .filter(([key]) => key !== '' && !own.includes(key))
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');
}
