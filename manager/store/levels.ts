import { ShoalError } from '../../common/pure/errors.ts';

/** One step of what apply does. A level is never changed once released: the next difference makes the next level. */
interface Level {
  readonly level: number;
  /** What members do from this level on that they did not do before. */
  readonly story: string;
}

/** Every level that this version can apply, oldest first. Behaviour in apply that differs by level is decided by this list only. */
const levels: readonly Level[] = [
  {
    level: 1,
    story:
      'Clusters, authorities, nodes, services, networks and tasks; reads, claims, terms and buckets.',
  },
];

/** The oldest level that this version can apply. */
export const oldestLevel: number = Math.min(...levels.map(({ level }) => level));

/** The newest level that this version can apply. */
export const newestLevel: number = Math.max(...levels.map(({ level }) => level));

/** Ends the node: it has met what only a newer version can apply, and to skip it would make its state differ. */
export function failTooNew(what: string): never {
  throw new ShoalError('levelTooLow', 'upgrade this node', { fields: { what } });
}
