import { TaskState } from '../../proto/gen/objects.ts';

/** What the step needs to know of the task's container. */
export interface ContainerFacts {
  readonly state: 'created' | 'running' | 'exited';
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly exitCode: number;
  /** The engine's own words for a failed start or a kill; empty otherwise. */
  readonly error: string;
}

/** What went wrong in the action tried last: the engine said no, in words for people. */
export interface ActionFailure {
  readonly action: 'prepare' | 'start' | 'stop';
  readonly message: string;
}

/** Everything that one step looks at. */
export interface TaskFacts {
  readonly desired: TaskState;
  /** State reported last; ASSIGNED when nothing was. */
  readonly state: TaskState;
  readonly container: ContainerFacts | undefined;
  readonly failure: ActionFailure | undefined;
  /** Addresses of the task that its running container has not: somebody took it off the network. */
  readonly lostAddresses: readonly string[];
}

/** A new state to report, with words for people. */
export interface StateChange {
  readonly state: TaskState;
  readonly message: string;
  readonly error: string;
}

/** The one thing to do next: `report` may come with it. */
export interface TaskStep {
  readonly report: StateChange | undefined;
  /** none: wait until something changes. */
  readonly action: 'none' | 'prepare' | 'start' | 'stop';
}

const wait: TaskStep = { report: undefined, action: 'none' };

/**
 * Decides the next step of one task from what is wanted and what the engine shows.
 *
 * Pure and idempotent: once nothing is left to do it answers `none` without a report. States only move forward. An error before STARTING makes
 * the task REJECTED, after it FAILED; exit code 0 is COMPLETE; a stop that was asked for is SHUTDOWN (swarm mode's agent does the same).
 */
export function stepTask(facts: TaskFacts): TaskStep {
  if (facts.state > TaskState.running) return stepTerminal(facts);
  if (facts.desired > TaskState.running) return stepDown(facts);
  if (facts.failure !== undefined) return stepFailed(facts, facts.failure);
  if (facts.container === undefined) return stepWithoutContainer(facts);
  switch (facts.container.state) {
    case 'created':
      return stepCreated(facts);
    case 'running':
      return stepRunning(facts, facts.container);
    case 'exited':
      return stepExited(facts, facts.container);
  }
}

/** A task that is over keeps its dead container for its logs; one that still runs (unhealthy, or adopted late) is stopped. */
function stepTerminal(facts: TaskFacts): TaskStep {
  return facts.container?.state === 'running' && facts.failure?.action !== 'stop'
    ? act('stop')
    : wait;
}

function stepDown(facts: TaskFacts): TaskStep {
  const { container, failure } = facts;
  if (container?.state === 'running') {
    if (failure?.action !== 'stop') return act('stop');
    return report(facts, TaskState.failed, 'stopping failed', failure.message);
  }
  return report(facts, TaskState.shutdown, 'shutdown', '');
}

function stepFailed(facts: TaskFacts, failure: ActionFailure): TaskStep {
  if (failure.action === 'prepare')
    return report(facts, TaskState.rejected, 'preparing', failure.message);
  return report(
    facts,
    TaskState.failed,
    failure.action === 'start' ? 'starting' : 'stopping',
    failure.message,
  );
}

function stepWithoutContainer(facts: TaskFacts): TaskStep {
  if (facts.state >= TaskState.starting)
    return report(facts, TaskState.failed, 'started', 'the container is gone');
  return { report: change(facts, TaskState.preparing, 'preparing', ''), action: 'prepare' };
}

function stepCreated(facts: TaskFacts): TaskStep {
  if (facts.desired < TaskState.running) return report(facts, TaskState.ready, 'prepared', '');
  return { report: change(facts, TaskState.starting, 'starting', ''), action: 'start' };
}

function stepRunning(facts: TaskFacts, container: ContainerFacts): TaskStep {
  const [lost] = facts.lostAddresses;
  if (lost !== undefined) {
    const error = `the container was disconnected from the network of its address ${lost}`;
    return { report: change(facts, TaskState.failed, 'started', error), action: 'stop' };
  }
  switch (container.health) {
    case 'starting':
      return report(facts, TaskState.starting, 'waiting for the container to become healthy', '');
    case 'unhealthy':
      return {
        report: change(facts, TaskState.failed, 'started', 'unhealthy container'),
        action: 'stop',
      };
    case 'none':
    case 'healthy':
      return report(facts, TaskState.running, 'started', '');
  }
}

function stepExited(facts: TaskFacts, container: ContainerFacts): TaskStep {
  if (container.error !== '') return report(facts, TaskState.failed, 'started', container.error);
  if (container.exitCode === 0) return report(facts, TaskState.complete, 'finished', '');
  return report(facts, TaskState.failed, 'started', `task: non-zero exit (${container.exitCode})`);
}

function act(action: 'stop'): TaskStep {
  return { report: undefined, action };
}

function report(facts: TaskFacts, state: TaskState, message: string, error: string): TaskStep {
  return { report: change(facts, state, message, error), action: 'none' };
}

/** A report only where it moves the task forward. */
function change(
  facts: TaskFacts,
  state: TaskState,
  message: string,
  error: string,
): StateChange | undefined {
  return state > facts.state ? { state, message, error } : undefined;
}
