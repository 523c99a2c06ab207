import { RaftInvariantError } from '../../../manager/raft/invariant.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { Snapshot } from '../../../manager/raft/snapshot.ts';
import { RaftGroup } from '../../lib/raft/group.ts';
import { perform, type Action, type ActionTarget } from '../../sim/raft/actions.ts';
import { scriptOf } from '../../sim/raft/shrink.ts';
import { emptyStart, memberOf, startOf } from './members.ts';
import type { Scope } from './scopes.ts';
import type { Found, Happening, Search } from './search.ts';
import { messageText } from './text.ts';

/** What happens, as a group of its own does it step by step: with the place that each message has in its bag. */
export class WayPlayer {
  readonly group = new RaftGroup();
  readonly actions: Action[] = [];
  readonly #search: Search;
  readonly #target: ActionTarget;

  constructor(scope: Scope, search: Search) {
    this.#search = search;
    const { group } = this;
    const add = (start: Snapshot): void => {
      group.members.push(memberOf(scope, group.members.length + 1, start));
    };
    for (let id = 1; id <= scope.voters; id += 1) add(startOf(scope.voters));
    const addMember = (): void => add(emptyStart);
    this.#target = { group, addMember, onReady: () => undefined };
    for (let joined = 0; joined < scope.joining; joined += 1) this.#do({ kind: 'add-nodes' });
  }

  play(happening: Happening): void {
    if (happening.kind === 'event') {
      const { id, actions } = this.#search.members.event(happening.event);
      for (const action of actions) this.#do(action);
      this.#settle(id);
    } else {
      const { message, stays } = happening;
      const text = messageText(message, []);
      const at = this.group.messages.findIndex((one) => messageText(one, []) === text);
      if (at === -1) throw new Error(`there is no ${text}`);
      this.#do({ kind: stays ? 'duplicate-one' : 'deliver-one', at });
      this.#settle(message.to);
    }
  }

  #settle(id: MemberId): void {
    const { node } = this.group.member(id);
    while (node.hasReady) this.#do({ kind: 'process-ready', id });
  }

  #do(action: Action): void {
    this.actions.push(action);
    perform(this.#target, action);
  }
}

/** What was found, as a script in the format of the vectors. */
export function scriptOfFound(scope: Scope, search: Search, { failure, way }: Found): string {
  const player = new WayPlayer(scope, search);
  try {
    for (const happening of way) player.play(happening);
  } catch (error) {
    // That is what was found.
    if (!(error instanceof RaftInvariantError)) throw error;
  }
  const { actions } = player;
  return scriptOf({ setup: scope, actions, failure });
}
