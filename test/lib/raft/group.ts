import type { MemberId } from '../../../manager/raft/member.ts';
import { appendThread, applyThread } from '../../../manager/raft/member.ts';
import type { Message } from '../../../manager/raft/message.ts';
import type { Outcome } from '../../../manager/raft/outcome.ts';
import type { Ready } from '../../../manager/raft/ready.ts';
import type { ScriptMember } from './script-member.ts';

/** Members, with ids from 1 on, and all messages that are on their way between them, oldest first. */
export class RaftGroup {
  readonly members: ScriptMember[] = [];
  messages: Message[] = [];

  member(id: MemberId): ScriptMember {
    const member = this.members[id - 1];
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  ready(id: MemberId, seen?: (ready: Ready) => void): void {
    const member = this.member(id);
    const ready = member.node.ready();
    seen?.(ready);
    member.doReady(ready);
    for (const one of ready.messages) {
      if (one.to === appendThread) member.appendWork.push(one);
      else if (one.to === applyThread) member.applyWork.push(one);
      else this.messages.push(one);
    }
    if (!member.isAsync) member.node.advance();
  }

  append(id: MemberId): void {
    this.messages.push(...(this.member(id).doAppendWork()?.responses ?? []));
  }

  apply(id: MemberId): void {
    this.messages.push(...(this.member(id).doApplyWork()?.responses ?? []));
  }

  /** Takes a message out; undefined if there are not so many. */
  take(position: number): Message | undefined {
    const taken = this.messages[position];
    if (taken !== undefined) this.messages.splice(position, 1);
    return taken;
  }

  deliver(received: Message): Outcome {
    return this.member(received.to).node.step(received);
  }

  /** The process ends: what it said to itself dies with it, what it sent does not. */
  restart(id: MemberId): void {
    this.messages = this.messages.filter((one) => one.to !== id || !isOwn(one));
    this.member(id).restart();
  }
}

/** Sent by a member, or by its storage, to itself. */
export function isOwn({ from, to }: Message): boolean {
  return from === to || from === appendThread || from === applyThread;
}
