// Shows what every event does in every state of a node.
import { describe, expect, test } from 'vitest';
import { initialLifecycle, stepLifecycle } from '../../../../node/lifecycle/lifecycle.ts';
import type { LifecycleEvent, LifecycleState } from '../../../../node/lifecycle/lifecycle.ts';

const states: Readonly<Record<string, LifecycleState>> = {
  inactive: { kind: 'inactive' },
  founding: { kind: 'pending', purpose: 'init' },
  joining: { kind: 'pending', purpose: 'join' },
  resuming: { kind: 'pending', purpose: 'resume' },
  active: { kind: 'active' },
  leaving: { kind: 'leaving' },
  error: { kind: 'error', message: 'm' },
};

const events: Readonly<Record<string, LifecycleEvent>> = {
  'started without identity': { kind: 'started', hasIdentity: false },
  'started with identity': { kind: 'started', hasIdentity: true },
  init: { kind: 'initRequested' },
  join: { kind: 'joinRequested' },
  enrolled: { kind: 'enrolled' },
  recovery: { kind: 'recoveryRequested' },
  serving: { kind: 'serving' },
  leave: { kind: 'leaveRequested' },
  left: { kind: 'left' },
  failed: { kind: 'failed', message: 'm' },
};

function nameOf(state: LifecycleState): string {
  if (state.kind !== 'pending') return state.kind;
  return { init: 'founding', join: 'joining', resume: 'resuming' }[state.purpose];
}

/** `next state, action`, or what is refused. */
function stepped(state: string, event: string): string {
  const [from, what] = [states[state], events[event]];
  if (from === undefined || what === undefined) throw new Error(`no ${state} or ${event}`);
  const step = stepLifecycle(from, what);
  return step.kind === 'refused' ? `refused ${step.code}` : `${nameOf(step.state)}, ${step.action}`;
}

const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  inactive: {
    'started without identity': 'inactive, none',
    'started with identity': 'resuming, begin',
    init: 'founding, found',
    join: 'joining, enrol',
    enrolled: 'inactive, none',
    serving: 'inactive, none',
    recovery: 'refused notInSwarm',
    leave: 'refused notInSwarm',
    left: 'inactive, none',
    failed: 'error, none',
  },
  founding: {
    init: 'refused alreadyInSwarm',
    join: 'refused alreadyInSwarm',
    serving: 'active, none',
    recovery: 'refused busy',
    leave: 'refused busy',
    left: 'inactive, none',
    failed: 'inactive, end',
  },
  joining: {
    init: 'refused alreadyInSwarm',
    join: 'refused alreadyInSwarm',
    enrolled: 'resuming, begin',
    recovery: 'refused busy',
    leave: 'refused busy',
    left: 'inactive, none',
    failed: 'inactive, end',
  },
  resuming: {
    init: 'refused alreadyInSwarm',
    join: 'refused alreadyInSwarm',
    serving: 'active, none',
    recovery: 'resuming, begin',
    leave: 'leaving, end',
    left: 'inactive, none',
    failed: 'error, none',
  },
  active: {
    init: 'refused alreadyInSwarm',
    join: 'refused alreadyInSwarm',
    serving: 'active, none',
    recovery: 'resuming, begin',
    leave: 'leaving, end',
    left: 'inactive, none',
    failed: 'error, none',
  },
  leaving: {
    init: 'refused alreadyInSwarm',
    join: 'refused alreadyInSwarm',
    serving: 'leaving, none',
    recovery: 'refused busy',
    leave: 'refused busy',
    left: 'inactive, none',
    failed: 'error, none',
  },
  error: {
    init: 'refused alreadyInSwarm',
    join: 'refused alreadyInSwarm',
    serving: 'error, none',
    recovery: 'resuming, begin',
    leave: 'leaving, end',
    left: 'inactive, none',
    failed: 'error, none',
  },
};

describe.each(Object.entries(table))('a node that is %s', (state, row) => {
  test.each(Object.entries(row))('after %s is: %s', (event, expected) => {
    expect(stepped(state, event)).toBe(expected);
  });
});

test('a node begins inactive, and an error keeps its words', () => {
  expect(initialLifecycle).toEqual({ kind: 'inactive' });
  const step = stepLifecycle({ kind: 'active' }, { kind: 'failed', message: 'disk is gone' });
  expect(step).toMatchObject({ state: { kind: 'error', message: 'disk is gone' } });
});
