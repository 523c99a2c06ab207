import type { Message } from '../../../manager/raft/message.ts';
import { isOwn } from '../../lib/raft/group.ts';
import type { Failure } from '../../sim/raft/run.ts';
import { Violation } from '../../sim/raft/watch.ts';
import { FactBook } from './facts.ts';
import { mixed, SeenMarks } from './mark.ts';
import { Members, type Step } from './members.ts';
import { Pairs } from './pairs.ts';
import { budgetKinds, type Scope } from './scopes.ts';

/** One thing that happened: a message that arrived (perhaps it will once more), or an event. */
export type Happening =
  | { readonly kind: 'message'; readonly message: Message; readonly stays: boolean }
  | { readonly kind: 'event'; readonly event: number };

export interface Found {
  readonly failure: Failure;
  /** A shortest way to it. */
  readonly way: readonly Happening[];
}

export interface SearchResult {
  readonly states: number;
  readonly transitions: number;
  /** Things that happen in the longest execution among the shortest ways to each state. */
  readonly depth: number;
  /** States of single members, and messages, that there were. */
  readonly memberStates: number;
  readonly messages: number;
  /** Everything was searched that the scope allows. */
  readonly isExhausted: boolean;
  readonly found: Found | undefined;
}

const budgetBits = 3;
const budgetMask = (1 << budgetBits) - 1;

/** A list of numbers that grows. */
class Numbers {
  words: Int32Array = new Int32Array(1 << 12);
  length = 0;

  push(word: number): void {
    if (this.length === this.words.length) {
      const wider = new Int32Array(this.words.length * 2);
      wider.set(this.words);
      this.words = wider;
    }
    this.words[this.length] = word;
    this.length += 1;
  }

  at(position: number): number {
    return this.words[position] ?? 0;
  }
}

function listOf(words: Int32Array, from: number, to: number): number[] {
  const list: number[] = [];
  for (let at = from; at < to; at += 1) list.push(words[at] ?? 0);
  return list;
}

/** A state of the group while it is looked at: numbers of its members' states, of facts and of messages. */
interface Place {
  readonly members: number[];
  facts: number;
  budgets: number;
  /** In the order in which they were sent, or, if that does not count, ascending. Twice if on its way twice. */
  bag: number[];
}

/**
 * Breadth-first search through all that can happen to a group. Members are alike, so states that differ only in who is
 * who are one. A message that is never delivered is lost, so losing needs no step of its own.
 */
export class Search {
  readonly members: Members;
  readonly #scope: Scope;
  readonly #isInOrder: boolean;
  readonly #facts: FactBook;
  readonly #pairs: Pairs;
  readonly #seen = new SeenMarks();
  /** By the number of a state: from which it was first reached, and by what. */
  readonly #parents = new Numbers();
  readonly #ways = new Numbers();
  readonly #before: Happening[] = [];
  #level = new Numbers();
  #nextLevel = new Numbers();
  #transitions = 0;
  #found: { readonly failure: Failure; readonly state: number; readonly way: number } | undefined;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#isInOrder = scope.network === 'in order';
    this.members = new Members(scope);
    this.#facts = new FactBook(this.members);
    this.#pairs = new Pairs(this.members);
  }

  run(statesMax: number): SearchResult {
    const start = this.#rest(this.#start());
    if (start !== undefined) this.#enter(start, -1, 0);
    let depth = 0;
    let first = 0;
    while (this.#nextLevel.length > 0 && this.#found === undefined && this.#seen.size < statesMax) {
      this.#level = this.#nextLevel;
      this.#nextLevel = new Numbers();
      const next = this.#seen.size;
      this.#expandLevel(first, statesMax);
      first = next;
      if (this.#nextLevel.length > 0) depth += 1;
    }
    return {
      states: this.#seen.size,
      transitions: this.#transitions,
      depth,
      memberStates: this.members.known.length,
      messages: this.members.messages.length,
      isExhausted: this.#nextLevel.length === 0 && this.#found === undefined,
      found: this.#told(),
    };
  }

  #start(): Place {
    const members = this.members.start().map((member) => this.members.numberOfMember(member));
    let budgets = 0;
    budgetKinds.forEach((kind, position) => {
      budgets |= (this.#scope.budgets[kind] ?? 0) << (position * budgetBits);
    });
    return { members, facts: this.#facts.start, budgets, bag: [] };
  }

  /** Does what happens before the search, one after the other, until nothing is on its way any more. */
  #rest(start: Place): Place | undefined {
    let place: Place | undefined = start;
    for (const action of this.#scope.before) {
      let next: Happening | undefined = { kind: 'event', event: this.members.eventOf(action) };
      while (next !== undefined && place !== undefined) {
        place = this.#lead(place, next);
        next = place === undefined ? undefined : this.#waiting(place);
      }
    }
    return place;
  }

  /** What is to be done next without any choice. */
  #waiting(place: Place): Happening | undefined {
    const [first] = place.bag;
    if (first !== undefined) {
      return { kind: 'message', message: this.members.message(first), stays: false };
    }
    const events = place.members.flatMap((state) => this.members.state(state).events);
    const event = events.find((one) => this.members.event(one).budget === undefined);
    return event === undefined ? undefined : { kind: 'event', event };
  }

  /** Undefined: that broke a promise. */
  #lead(place: Place, happening: Happening): Place | undefined {
    this.#before.push(happening);
    const isEvent = happening.kind === 'event';
    const number = isEvent ? happening.event : this.members.numberOfMessage(happening.message);
    const id = isEvent ? this.members.event(number).id : happening.message.to;
    const state = place.members[id - 1] ?? 0;
    const step = isEvent
      ? this.members.happening(state, number)
      : this.members.arrival(state, number);
    const bag = isEvent ? place.bag : place.bag.filter((one) => one !== number);
    const by = { from: 0, way: -1 };
    return this.#holding(by, step, () => this.#after({ ...place, bag }, id, step));
  }

  #expandLevel(first: number, statesMax: number): void {
    const count = this.#scope.voters + this.#scope.joining;
    const { words, length } = this.#level;
    let number = first;
    for (let at = 0; at < length;) {
      const bagAt = at + count + 3;
      const end = bagAt + this.#level.at(bagAt - 1);
      const place: Place = {
        members: listOf(words, at, at + count),
        facts: this.#level.at(at + count),
        budgets: this.#level.at(at + count + 1),
        bag: listOf(words, bagAt, end),
      };
      this.#expand(place, number);
      if (this.#found !== undefined || this.#seen.size >= statesMax) return;
      number += 1;
      at = end;
    }
  }

  /** All that can happen next. */
  #expand(place: Place, number: number): void {
    place.bag.forEach((message, at) => {
      // Of equal messages one stands for all.
      if (place.bag.indexOf(message) === at) this.#arrive(place, number, at);
    });
    for (const state of place.members) {
      for (const event of this.members.state(state).events) this.#happen(place, number, event);
    }
  }

  #arrive(place: Place, number: number, at: number): void {
    const message = place.bag[at] ?? 0;
    const link = this.members.link(message);
    const isBehind = (other: number, position: number): boolean =>
      position < at && this.members.link(other) === link;
    const one = this.members.message(message);
    const step = this.members.arrival(place.members[one.to - 1] ?? 0, message);
    const isNothing =
      step.next === place.members[one.to - 1] && step.sent.length === 0 && step.seen.length === 0;
    // As if it were lost; but what a member has for itself cannot be.
    const isKept = this.#isInOrder && isOwn(one);
    if (isNothing && !isKept) return;
    if (isKept && place.bag.some(isBehind)) return;
    const bag = this.#isInOrder
      ? place.bag.filter((other, position) => position !== at && !isBehind(other, position))
      : place.bag.toSpliced(at, 1);
    this.#become({ ...place, bag }, one.to, step, { from: number, way: message * 4 });
    const duplicates = this.#left(place.budgets, 'duplicates');
    if (duplicates === 0 || isOwn(one)) return;
    const budgets = this.#spend(place.budgets, 'duplicates');
    this.#become({ ...place, budgets }, one.to, step, { from: number, way: message * 4 + 2 });
  }

  #happen(place: Place, number: number, event: number): void {
    const { id, budget, ordinal, isEnd } = this.members.event(event);
    if (budget !== undefined) {
      const left = this.#left(place.budgets, budget);
      const used = (this.#scope.budgets[budget] ?? 0) - left;
      if (left === 0 || (ordinal !== 0 && ordinal !== used + 1)) return;
    }
    const state = place.members[id - 1] ?? 0;
    const step = this.members.happening(state, event);
    const bag = isEnd ? place.bag.filter((one) => !this.members.isOwnOf(one, id)) : place.bag;
    const isNothing = step.next === state && step.sent.length === 0 && step.seen.length === 0;
    if (isNothing && budget !== 'reads' && bag.length === place.bag.length) return;
    const budgets = budget === undefined ? place.budgets : this.#spend(place.budgets, budget);
    const facts = budget === 'reads' ? this.#facts.asked(place.facts, ordinal) : place.facts;
    this.#become({ ...place, facts, budgets, bag }, id, step, { from: number, way: event * 4 + 1 });
  }

  #left(budgets: number, kind: (typeof budgetKinds)[number]): number {
    return (budgets >> (budgetKinds.indexOf(kind) * budgetBits)) & budgetMask;
  }

  #spend(budgets: number, kind: (typeof budgetKinds)[number]): number {
    return budgets - (1 << (budgetKinds.indexOf(kind) * budgetBits));
  }

  /** Member `id` makes a step; `place` has neither what was delivered nor what is sent. */
  #become(
    place: Place,
    id: number,
    step: Step,
    by: { readonly from: number; readonly way: number },
  ): void {
    this.#transitions += 1;
    this.#holding(by, step, () => this.#enter(this.#after(place, id, step), by.from, by.way));
  }

  /** @throws Violation if the step breaks a promise. */
  #after(place: Place, id: number, step: Step): Place {
    const facts =
      step.seen.length === 0
        ? place.facts
        : this.#facts.after(place.facts, id, step, place.members);
    const members = place.members.with(id - 1, step.next);
    const bag = this.#bagOf(place.bag, step.sent, members, id);
    return { members, facts, budgets: place.budgets, bag };
  }

  /** Notes the promise that is broken, if one is. */
  #holding<Result>(
    by: { readonly from: number; readonly way: number },
    { failure: broken }: Step,
    run: () => Result,
  ): Result | undefined {
    if (broken !== undefined) {
      this.#found = { failure: broken, state: by.from, way: by.way };
      return undefined;
    }
    try {
      return run();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const failure = { invariant: error.invariant, detail: error.message };
      this.#found = { failure, state: by.from, way: by.way };
      return undefined;
    }
  }

  /** What is on its way afterwards, without what can never have an effect again. */
  #bagOf(
    bag: readonly number[],
    sent: readonly number[],
    members: readonly number[],
    changed: number,
  ): number[] {
    const after: number[] = [];
    for (const one of bag) {
      const { to } = this.members.message(one);
      if (to !== changed || !this.#isVoid(members, to, one)) after.push(one);
    }
    for (const one of sent) {
      const { to, type } = this.members.message(one);
      if (this.#scope.lost.includes(type)) continue;
      if (to <= members.length && !this.#isVoid(members, to, one)) after.push(one);
    }
    return this.#isInOrder ? after : after.sort((a, b) => a - b);
  }

  #isVoid(members: readonly number[], to: number, message: number): boolean {
    return this.members.isVoid(members[to - 1] ?? 0, message);
  }

  /** Notes a state, if it is a new one. */
  #enter(place: Place, from: number, way: number): void {
    if (!this.#isNew(place)) return;
    this.#parents.push(from);
    this.#ways.push(way);
    for (const [position, one] of place.members.entries()) {
      this.#facts.check(place.facts, one);
      for (let other = 0; other < position; other += 1) {
        this.#pairs.check(one, place.members[other] ?? 0);
      }
    }
    const level = this.#nextLevel;
    for (const one of place.members) level.push(one);
    level.push(place.facts);
    level.push(place.budgets);
    level.push(place.bag.length);
    for (const one of place.bag) level.push(one);
  }

  /** The least of its marks under all names of the members. */
  #isNew(place: Place): boolean {
    const columns = this.members.names.length;
    const factors = this.#isInOrder ? this.#factorsOf(place.bag) : undefined;
    const { memberMarks, messageMarks } = this.members;
    const factMarks = this.#facts.marks;
    const base = mixed(place.budgets + 0x5bd1e995);
    let high = 0xffffffff;
    let low = 0xffffffff;
    for (let column = 0; column < columns; column += 1) {
      const facts = place.facts * columns + column;
      let sumHigh = base + (factMarks.high[facts] ?? 0);
      let sumLow = Math.imul(base, 0x9e3779b1) + (factMarks.low[facts] ?? 0);
      for (let position = 0; position < place.members.length; position += 1) {
        const at = (place.members[position] ?? 0) * columns + column;
        sumHigh = (sumHigh + (memberMarks.high[at] ?? 0)) | 0;
        sumLow = (sumLow + (memberMarks.low[at] ?? 0)) | 0;
      }
      for (let position = 0; position < place.bag.length; position += 1) {
        const at = (place.bag[position] ?? 0) * columns + column;
        const factor = factors === undefined ? 1 : (factors[position] ?? 1);
        sumHigh = (sumHigh + Math.imul(messageMarks.high[at] ?? 0, factor)) | 0;
        sumLow = (sumLow + Math.imul(messageMarks.low[at] ?? 0, factor)) | 0;
      }
      const markHigh = sumHigh >>> 0;
      const markLow = sumLow >>> 0;
      if (markHigh < high || (markHigh === high && markLow < low)) {
        high = markHigh;
        low = markLow;
      }
    }
    return this.#seen.add(high, low);
  }

  /** An odd number for each message, that says how manieth on its way it is. */
  #factorsOf(bag: readonly number[]): number[] {
    return bag.map((message, at) => {
      const link = this.members.link(message);
      let factor = 1;
      for (let before = 0; before < at; before += 1) {
        if (this.members.link(bag[before] ?? 0) === link) factor += 2;
      }
      return factor;
    });
  }

  #told(): Found | undefined {
    if (this.#found === undefined) return undefined;
    const { failure, state, way } = this.#found;
    // Before the search itself, the last thing that was done is what it was.
    if (way === -1) return { failure, way: this.#before };
    const codes = [way];
    for (let at = state; at > 0; at = this.#parents.at(at)) codes.push(this.#ways.at(at));
    return {
      failure,
      way: [...this.#before, ...codes.reverse().map((code) => this.#happening(code))],
    };
  }

  #happening(code: number): Happening {
    const number = code >> 2;
    if ((code & 1) === 1) return { kind: 'event', event: number };
    return { kind: 'message', message: this.members.message(number), stays: (code & 2) === 2 };
  }
}
