/**
 * Where a node stands with a swarm. `pending`: it is on its way in; with `init` and `join` it has nothing yet, with `resume` an identity that stays.
 * `error`: what it has cannot be used; only leaving helps.
 */
export type LifecycleState =
  | { readonly kind: 'inactive' }
  | { readonly kind: 'pending'; readonly purpose: 'init' | 'join' | 'resume' }
  | { readonly kind: 'active' }
  | { readonly kind: 'leaving' }
  | { readonly kind: 'error'; readonly message: string };

/** What happens to a node. */
export type LifecycleEvent =
  /** The daemon has started and looked for an identity. */
  | { readonly kind: 'started'; readonly hasIdentity: boolean }
  | { readonly kind: 'initRequested' }
  | { readonly kind: 'joinRequested' }
  /** A cluster has taken the node in, and its identity is durable. */
  | { readonly kind: 'enrolled' }
  /** The roles that `begin` started serve now. */
  | { readonly kind: 'serving' }
  /** The node is to go on alone with what it has. */
  | { readonly kind: 'recoveryRequested' }
  | { readonly kind: 'leaveRequested' }
  /** Nothing of the swarm is left on the node. */
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly message: string };

/** What the shell must do. `found`, `enrol`: get an identity. `begin`: create the roles that the identity holds. `end`: dispose them and forget the swarm. */
export type LifecycleAction = 'none' | 'found' | 'enrol' | 'begin' | 'end';

export type LifecycleStep =
  | { readonly kind: 'next'; readonly state: LifecycleState; readonly action: LifecycleAction }
  /** The event does not fit: the caller is told so, and nothing changes. */
  | { readonly kind: 'refused'; readonly code: 'alreadyInSwarm' | 'notInSwarm' | 'busy' };

/** Where every node begins. */
export const initialLifecycle: LifecycleState = { kind: 'inactive' };

/** Decides what an event does to a node. Pure: the shell does the action and feeds back what became of it. */
export function stepLifecycle(state: LifecycleState, event: LifecycleEvent): LifecycleStep {
  switch (event.kind) {
    case 'started':
      return event.hasIdentity
        ? next({ kind: 'pending', purpose: 'resume' }, 'begin')
        : next(state, 'none');
    case 'initRequested':
      return state.kind === 'inactive'
        ? next({ kind: 'pending', purpose: 'init' }, 'found')
        : refuse('alreadyInSwarm');
    case 'joinRequested':
      return state.kind === 'inactive'
        ? next({ kind: 'pending', purpose: 'join' }, 'enrol')
        : refuse('alreadyInSwarm');
    case 'enrolled':
      return hasNothingYet(state)
        ? next({ kind: 'pending', purpose: 'resume' }, 'begin')
        : next(state, 'none');
    case 'recoveryRequested':
      return stepRecovery(state);
    case 'serving':
      return state.kind === 'pending' ? next({ kind: 'active' }, 'none') : next(state, 'none');
    case 'leaveRequested':
      return stepLeave(state);
    case 'left':
      return next(initialLifecycle, 'none');
    case 'failed':
      return stepFailed(state, event.message);
  }
}

function stepRecovery(state: LifecycleState): LifecycleStep {
  if (state.kind === 'inactive') return refuse('notInSwarm');
  if (state.kind === 'leaving' || hasNothingYet(state)) return refuse('busy');
  return next({ kind: 'pending', purpose: 'resume' }, 'begin');
}

function stepLeave(state: LifecycleState): LifecycleStep {
  switch (state.kind) {
    case 'inactive':
      return refuse('notInSwarm');
    case 'leaving':
      return refuse('busy');
    case 'pending':
      return hasNothingYet(state) ? refuse('busy') : next({ kind: 'leaving' }, 'end');
    case 'active':
    case 'error':
      return next({ kind: 'leaving' }, 'end');
  }
}

/** A founding or an enrolment that fails leaves nothing behind; a swarm that is there but cannot be served is an error that people must see. */
function stepFailed(state: LifecycleState, message: string): LifecycleStep {
  if (hasNothingYet(state)) return next(initialLifecycle, 'end');
  return next({ kind: 'error', message }, 'none');
}

function hasNothingYet(state: LifecycleState): boolean {
  return state.kind === 'pending' && state.purpose !== 'resume';
}

function next(state: LifecycleState, action: LifecycleAction): LifecycleStep {
  return { kind: 'next', state, action };
}

function refuse(code: 'alreadyInSwarm' | 'notInSwarm' | 'busy'): LifecycleStep {
  return { kind: 'refused', code };
}
