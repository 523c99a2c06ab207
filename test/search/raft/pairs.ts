import { Violation } from '../../sim/raft/watch.ts';
import type { Known, LogView, Members } from './members.ts';

/** Compares the states of two members: R2, and R4 of their state machines. Each pair once. */
export class Pairs {
  readonly #members: Members;
  readonly #compared = new Set<number>();

  constructor(members: Members) {
    this.#members = members;
  }

  /** @throws Violation if they contradict each other. */
  check(a: number, b: number): void {
    const key = Math.min(a, b) * 2 ** 26 + Math.max(a, b);
    if (this.#compared.has(key)) return;
    this.#compared.add(key);
    compare(this.#members.state(a), this.#members.state(b));
  }
}

function compare(a: Known, b: Known): void {
  const who = `members ${a.member.id} and ${b.member.id}`;
  if (!doMatch(a.log, b.log)) throw new Violation('R2', `logs of ${who} differ`);
  if (!doMatch(a.disk, b.disk)) throw new Violation('R2', `logs on the disks of ${who} differ`);
  const isSame = a.state.data === b.state.data && a.state.config === b.state.config;
  if (a.state.index === b.state.index && !isSame) {
    throw new Violation('R4', `states of ${who} differ after ${a.state.index}`);
  }
}

/** Logs that share an entry share all before it. */
function doMatch(a: LogView, b: LogView): boolean {
  const first = Math.max(a.first, b.first);
  let areEqual = false;
  for (
    let index = Math.min(a.first + a.terms.length, b.first + b.terms.length) - 1;
    index > first;
    index -= 1
  ) {
    const isShared = a.terms[index - a.first] === b.terms[index - b.first];
    areEqual ||= isShared;
    if (areEqual && a.texts[index - a.first] !== b.texts[index - b.first]) return false;
  }
  return true;
}
