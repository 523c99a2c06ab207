import type { TaskRow } from './rows.ts';
import type { StoreView } from './view.ts';

/** Tasks in one portion. */
const portionTasks = 256;

/**
 * All tasks of `view`, in its order, in portions, between which the view may change: a task that came since may be passed over, one that
 * went may still be given.
 */
export function* taskPortions(view: StoreView): Generator<readonly TaskRow[], undefined> {
  let portion: TaskRow[] = [];
  for (const serviceId of view.servicesWithTasks()) {
    // A list that was handed out never changes.
    for (const task of view.tasksOfService(serviceId)) {
      portion.push(task);
      if (portion.length < portionTasks) continue;
      yield portion;
      portion = [];
    }
  }
  if (portion.length > 0) yield portion;
  return undefined;
}
