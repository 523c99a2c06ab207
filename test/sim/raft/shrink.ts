import { describeAction, type Action } from './actions.ts';
import { replayActions, type Failure, type RunResult } from './run.ts';
import type { Setup } from './setup.ts';

/** The fewest actions found that still break the same promise. */
export interface Shrunk {
  readonly setup: Setup;
  readonly actions: readonly Action[];
  readonly failure: Failure;
}

/** What can be written as a script. */
export interface Told extends Pick<Shrunk, 'actions' | 'failure'> {
  readonly setup: Pick<Setup, 'voters' | 'options'>;
}

/**
 * Leaves out spans of actions, ever shorter ones, as long as the same promise is broken (delta debugging). `replay` says
 * what a run of these actions breaks.
 */
export function shrink(
  result: Pick<RunResult, 'setup' | 'actions'> & { readonly failure: Failure },
  replay: typeof replayActions = replayActions,
): Shrunk {
  const { setup, failure } = result;
  const isSame = (actions: readonly Action[]): boolean =>
    replay(setup, actions)?.invariant === failure.invariant;
  let actions = result.actions;
  for (
    let span = Math.ceil(actions.length / 2);
    span >= 1;
    span = span === 1 ? 0 : Math.ceil(span / 2)
  ) {
    for (let at = 0; at < actions.length;) {
      const fewer = actions.toSpliced(at, span);
      if (isSame(fewer)) actions = fewer;
      else at += span;
    }
  }
  return { setup, actions, failure: replay(setup, actions) ?? failure };
}

/** A script, in the format of the vectors, that does the same; its output is written by replaying it. */
export function scriptOf({ setup, actions, failure }: Told): string {
  const { options } = setup;
  const voters = Array.from({ length: setup.voters }, (_, position) => position + 1);
  const flags = [
    ['async-storage-writes', options.asyncStorageWrites],
    ['prevote', options.preVote],
    ['checkquorum', options.checkQuorum],
    ['step-down-on-removal', options.stepDownOnRemoval],
    ['disable-proposal-forwarding', options.disableProposalForwarding],
  ].flatMap(([name, isOn]) => (isOn === true ? [`${String(name)}=true`] : []));
  const limits = [
    ['inflight', options.inflightMessagesMax],
    ['max-size-per-msg', options.messageBytesMax],
    ['max-committed-size-per-ready', options.applyingBytesMax],
    ['max-uncommitted-size', options.uncommittedBytesMax],
  ].flatMap(([name, limit]) => (limit === Infinity ? [] : [`${String(name)}=${String(limit)}`]));
  const start = `add-nodes ${setup.voters} voters=(${voters.join(',')}) index=2`;
  const first = [start, ...flags, ...limits].join(' ');
  const commands = [first, ...actions.map((action) => commandOf(action, [...flags, ...limits]))];
  const title = `# ${failure.detail}`;
  return `${title}\n${commands.map((command) => `${command}\n----\n`).join('\n')}`;
}

/** A member that comes later has the options of the first ones. */
function commandOf(action: Action, options: readonly string[]): string {
  const command = describeAction(action);
  return action.kind === 'add-nodes' ? [command, ...options].join(' ') : command;
}
