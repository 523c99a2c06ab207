import { equalBytes } from '../../../common/pure/bytes.ts';
import { TaskState } from '../../../proto/gen/objects.ts';
import {
  encodeEndpointSpec,
  encodePlacement,
  encodeTaskSpec,
  newEndpointSpec,
  newPlacement,
  newTaskSpec,
  type ServiceSpec,
  type TaskSpec,
} from '../../../proto/gen/specs.ts';
import { nodeMatcher } from '../../store/constraint.ts';
import type { NodeRow, ServiceRow, SpecRevisionRow, TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';

/** How a revision of a service differs from what the service asks for now. */
interface Difference {
  /** In something that only another container can have. */
  readonly isDirty: boolean;
  /** In where tasks may run: those stay that run where they still may. */
  readonly isElsewhere: boolean;
  /** In the login that pulls the image: those stay that have it. */
  readonly isLogin: boolean;
}

/**
 * Tells which tasks of one service do not run what it asks for now, as swarm mode does (swarmkit orchestrator IsTaskDirty).
 *
 * Scale, labels and the settings of updates do not matter to a task. Holds for one call.
 */
export class Freshness {
  readonly #view: StoreView;
  readonly #current: SpecRevisionRow;
  #matches: ((node: NodeRow) => boolean) | undefined;
  readonly #known = new Map<number, Difference>();

  constructor(view: StoreView, service: ServiceRow) {
    this.#view = view;
    this.#current = service.current;
  }

  isStale(task: TaskRow): boolean {
    if (task.revision.version === this.#current.version) return false;
    const difference = this.#differenceOf(task.revision);
    if (difference.isDirty) return true;
    if (difference.isElsewhere && !this.#isWhereItMayBe(task)) return true;
    return difference.isLogin && !hasImage(task);
  }

  #isWhereItMayBe(task: TaskRow): boolean {
    const node = this.#view.node(task.nodeId);
    this.#matches ??= nodeMatcher(this.#current.spec.task?.placement?.constraints ?? []);
    return node !== undefined && this.#matches(node);
  }

  #differenceOf(revision: SpecRevisionRow): Difference {
    const known = this.#known.get(revision.version);
    if (known !== undefined) return known;
    const difference = compare(revision.spec, this.#current.spec);
    this.#known.set(revision.version, difference);
    return difference;
  }
}

function hasImage(task: TaskRow): boolean {
  return (
    task.reportedState >= TaskState.ready &&
    task.reportedState <= TaskState.running &&
    task.desiredState <= TaskState.running
  );
}

function compare(before: ServiceSpec, after: ServiceSpec): Difference {
  const isSameEndpoint = equalBytes(endpointBytes(before), endpointBytes(after));
  if (before.task === after.task) {
    return { isDirty: !isSameEndpoint, isElsewhere: false, isLogin: false };
  }
  const [old, now] = [before.task ?? newTaskSpec(), after.task ?? newTaskSpec()];
  return {
    isDirty: !isSameEndpoint || !equalBytes(workBytes(old), workBytes(now)),
    isElsewhere: !equalBytes(placementBytes(old), placementBytes(now)),
    isLogin: old.container?.registryAuth !== now.container?.registryAuth,
  };
}

function endpointBytes(spec: ServiceSpec): Uint8Array {
  return encodeEndpointSpec(spec.endpoint ?? newEndpointSpec());
}

function placementBytes(task: TaskSpec): Uint8Array {
  return encodePlacement(task.placement ?? newPlacement());
}

/** What a container is made of: all but where it runs and who pulls its image. */
function workBytes(task: TaskSpec): Uint8Array {
  const container = task.container && { ...task.container, registryAuth: '' };
  return encodeTaskSpec({ ...task, container, placement: undefined });
}
