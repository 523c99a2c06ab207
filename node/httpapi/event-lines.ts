import type { ClusterEvent } from '../../common/ports/cluster-api.ts';
import { textRecord } from '../../proto/http/omit.ts';

/** An event of the cluster as one line. Nanoseconds are beyond the numbers that JavaScript has: they are written as text. */
export function eventLine(event: ClusterEvent): string {
  const head = JSON.stringify({
    Type: event.type,
    Action: event.action,
    Actor: { ID: event.id, Attributes: textRecord(event.attributes) },
    scope: 'swarm',
    time: Math.floor(event.timeMs / 1000),
  });
  return `${head.slice(0, -1)},"timeNano":${Math.floor(event.timeMs)}000000}\n`;
}

/** Lines of both sides in the order of their times. A line without a time stays behind the one before it. */
export function inOrder(...sides: readonly (readonly string[])[]): readonly string[] {
  return sides
    .flatMap(withTimes)
    .sort((left, right) => Number(left.time - right.time))
    .map(({ line }) => line);
}

function withTimes(
  lines: readonly string[],
): readonly { readonly line: string; readonly time: bigint }[] {
  let time = 0n;
  return lines.map((line) => {
    const text = /"timeNano":(\d{1,20})/.exec(line)?.[1];
    if (text !== undefined) time = BigInt(text);
    return { line, time };
  });
}
