import type { PublishedPorts } from '../../worker/proxy/port.ts';

/** `ports`, with `applied` told of the tasks to which new connections go, whenever that is certain. */
export function recordEndpoints(
  ports: PublishedPorts,
  applied: (taskIds: ReadonlySet<string>) => void,
): PublishedPorts {
  let newest = 0;
  return {
    apply: async (version, sets, signal) => {
      const answer = await ports.apply(version, sets, signal);
      if (version >= newest) {
        newest = version;
        const endpoints = sets.flatMap((set) => set.endpoints);
        applied(new Set(endpoints.map(({ taskId }) => taskId)));
      }
      return answer;
    },
    stats: (signal) => ports.stats(signal),
    drained: (taskId, signal) => ports.drained(taskId, signal),
    stop: (graceMs, signal) => ports.stop(graceMs, signal),
    status: () => ports.status(),
  };
}
