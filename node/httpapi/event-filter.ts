import type { ClusterEvent, Filters } from '../../common/ports/cluster-api.ts';

/** Filters that name one object by id or name; each must match, whatever the type of the event (moby's `events.Filter`). */
const objectFilters = [
  'builder',
  'config',
  'container',
  'daemon',
  'image',
  'network',
  'node',
  'plugin',
  'secret',
  'service',
  'task',
  'volume',
] as const;

/** True when an event of the cluster is one that the client asked for. */
export function eventPasses(event: ClusterEvent, filters: Filters): boolean {
  const anyOf = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters.get(name);
    return values === undefined || values.length === 0 || values.some(test);
  };
  const name = event.attributes.get('name') ?? '';
  return (
    anyOf('type', (value) => value === event.type) &&
    anyOf('event', (value) => value === event.action) &&
    anyOf('scope', (value) => value === 'swarm') &&
    objectFilters.every((key) =>
      anyOf(key, (value) => event.id.startsWith(value) || name.startsWith(value)),
    ) &&
    (filters.get('label') ?? []).every((wanted) => hasLabel(event.attributes, wanted))
  );
}

function hasLabel(attributes: ReadonlyMap<string, string>, wanted: string): boolean {
  const mark = wanted.indexOf('=');
  if (mark < 0) return attributes.has(wanted);
  return attributes.get(wanted.slice(0, mark)) === wanted.slice(mark + 1);
}
