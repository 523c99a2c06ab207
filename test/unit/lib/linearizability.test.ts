// The checker of histories: histories whose verdict is known, all small histories of a register against every order there is, and histories of a
// register that is one, told as it was and with one answer changed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom, type Random } from '../../../common/pure/random.ts';
import { checkHistory, explain, type Verdict } from '../../lib/linearizability/check.ts';
import { HistoryRecorder, type Operation } from '../../lib/linearizability/history.ts';
import type { Model } from '../../lib/linearizability/search.ts';
import {
  serviceModel,
  type ServiceInput,
  type ServiceOutput,
} from '../../lib/linearizability/services.ts';

type Input =
  | { readonly kind: 'write'; readonly to: number }
  | { readonly kind: 'read' }
  | { readonly kind: 'swap'; readonly from: number; readonly to: number };
/** What was read, or whether it was swapped; nothing of a write. */
type Output = number | boolean | 'written';
type Step = Operation<Input, Output>;

const register: Model<number, Input, Output> = {
  initial: 0,
  step: (state, input, output) => {
    if (input.kind === 'read') return output === state ? state : undefined;
    if (input.kind === 'swap' && output !== (input.from === state)) return undefined;
    return register.effect(state, input);
  },
  effect: (state, input) => {
    if (input.kind === 'read') return state;
    return input.kind === 'write' || input.from === state ? input.to : state;
  },
  key: String,
};

function write(to: number, invokedAt: number, at?: number): Step {
  const returned = at === undefined ? undefined : { at, output: 'written' as const };
  return { client: '', input: { kind: 'write', to }, invokedAt, returned };
}

function read(output: number, invokedAt: number, at: number): Step {
  return { client: '', input: { kind: 'read' }, invokedAt, returned: { at, output } };
}

function swap(
  [from, to, output]: readonly [number, number, boolean],
  invokedAt: number,
  at: number,
): Step {
  return { client: '', input: { kind: 'swap', from, to }, invokedAt, returned: { at, output } };
}

function verdictOf(history: readonly Step[], stepsMax = 1_000_000): Verdict<Input, Output> {
  return checkHistory({ model: register, stepsMax }, history);
}

describe('a history of a register is linearizable', () => {
  test.each<[string, readonly Step[]]>([
    ['empty', []],
    ['one after the other', [write(1, 1, 2), read(1, 3, 4), write(2, 5, 6), read(2, 7, 8)]],
    ['a read beside a write sees it or not', [write(1, 1, 9), read(0, 2, 3), read(1, 4, 5)]],
    ['two reads beside each other and a write', [write(1, 1, 9), read(1, 2, 5), read(0, 3, 6)]],
    ['writes beside each other in either order', [write(1, 1, 9), write(2, 2, 8), read(1, 10, 11)]],
    ['what is open took effect late', [write(1, 1), read(0, 2, 3), read(1, 4, 5)]],
    ['what is open never took effect', [write(1, 1), read(0, 2, 3), read(0, 4, 5)]],
    [
      'an open write between two others',
      [write(1, 1), write(2, 2, 3), read(2, 4, 5), read(1, 6, 7)],
    ],
    ['one of two swaps', [swap([0, 1, true], 1, 4), swap([0, 2, false], 2, 3), read(1, 5, 6)]],
    ['what shares a moment is beside each other', [write(1, 1, 2), read(0, 2, 3)]],
  ])('%s', (_, history) => {
    expect(verdictOf(history)).toEqual({ kind: 'linearizable' });
  });
});

describe('a history of a register is not linearizable', () => {
  test.each<[string, readonly Step[], Step]>([
    ['a stale read', [write(1, 1, 2), read(0, 3, 4)], read(0, 3, 4)],
    ['a read of what nobody wrote', [read(7, 1, 2)], read(7, 1, 2)],
    ['a read of what is written later', [read(1, 1, 2), write(1, 3, 4)], read(1, 1, 2)],
    ['a write that is lost', [write(1, 1, 2), write(2, 3, 4), read(1, 5, 6)], read(1, 5, 6)],
    ['there and gone again', [write(1, 1, 9), read(1, 2, 3), read(0, 4, 5)], read(0, 4, 5)],
    [
      'two swaps of one value',
      [swap([0, 1, true], 1, 4), swap([0, 2, true], 2, 3)],
      swap([0, 2, true], 2, 3),
    ],
    [
      'an open write that took effect twice',
      [write(1, 1), read(1, 2, 3), write(2, 4, 5), read(1, 6, 7)],
      read(1, 6, 7),
    ],
    ['an open write before it was asked for', [read(1, 1, 2), write(1, 3)], read(1, 1, 2)],
  ])('%s', (_, history, stuck) => {
    const verdict = verdictOf(history);
    expect(verdict).toMatchObject({ kind: 'not linearizable', stuck });
    expect(explain(verdict)).toContain('nothing explains');
  });
});

test('the longest order that was found comes with what cannot follow it', () => {
  const history = [write(1, 1, 2), read(1, 3, 4), write(2, 5, 6), read(1, 7, 8), read(2, 9, 10)];
  expect(verdictOf(history)).toMatchObject({ order: history.slice(0, 3), stuck: history[3] });
  expect(explain(verdictOf(history))).toMatch(
    /after 0 others:\n(.*\n){3}nothing explains.* 7-8 1$/,
  );
});

test('objects are checked apart, and the one that is wrong is named', () => {
  const history = [write(1, 1, 2), write(11, 3, 4), read(1, 5, 6), read(11, 7, 8), read(0, 9, 10)];
  const numbered = history.map((step, at) => ({
    ...step,
    input: { of: `r${at % 2}`, ask: step.input },
  }));
  const model: Model<number, { readonly of: string; readonly ask: Input }, Output> = {
    ...register,
    step: (state, { ask }, output) => register.step(state, ask, output),
    effect: (state, { ask }) => register.effect(state, ask),
  };
  const objectOf = ({ of }: { readonly of: string }): string => of;
  expect(checkHistory({ model, objectOf }, numbered.slice(0, 4))).toEqual({ kind: 'linearizable' });
  expect(checkHistory({ model, objectOf }, numbered)).toMatchObject({ object: 'r0' });
});

test('there is no verdict where finding it takes too many steps', () => {
  const writes = Array.from({ length: 14 }, (_, at) => write(at + 1, at + 1, 100));
  const verdict = verdictOf([...writes, read(99, 101, 102)], 10_000);
  expect(verdict).toEqual({ kind: 'unknown', object: '' });
  expect(explain(verdict)).toMatch(/too many ways/);
});

test('an operation that returned before it was invoked is refused', () => {
  expect(() => verdictOf([read(0, 2, 1)])).toThrow(/returned before it was invoked/);
});

interface AtomicHistory {
  readonly seed: number;
  readonly count: number;
  readonly clients: number;
  /** One in so many operations does not return; none where it is 0. */
  readonly openOneIn: number;
}

/** What a register that is one answers: every operation takes effect at a random moment between the two that are noted; some that do not return never do. */
function atomicHistory({ seed, count, clients, openOneIn }: AtomicHistory): Step[] {
  const random = seededRandom(seed);
  const calls = Array.from({ length: count }, (_, at) => {
    const turn = Math.floor(at / clients) * 100;
    const moments = [0, 0, 0].map(() => turn + random.unit() * 140).toSorted((x, y) => x - y);
    const isOpen = openOneIn > 0 && random.below(openOneIn) === 0;
    return { input: randomInput(random), moments, isOpen, isLost: isOpen && random.below(2) === 0 };
  });
  let state = 0;
  const history: Step[] = [];
  for (const call of calls.toSorted((x, y) => (x.moments[1] ?? 0) - (y.moments[1] ?? 0))) {
    const { input, moments, isOpen, isLost } = call;
    const output = outputOf(state, input);
    if (!isLost) state = register.effect(state, input);
    const [invokedAt = 0, , at = 0] = moments;
    history.push({ client: '', input, invokedAt, returned: isOpen ? undefined : { at, output } });
  }
  return history;
}

function randomInput(random: Random): Input {
  const [draw, from, to] = [random.below(10), random.below(3), random.below(3)];
  if (draw < 5) return { kind: 'read' };
  return draw < 8 ? { kind: 'write', to } : { kind: 'swap', from, to };
}

function outputOf(state: number, input: Input): Output {
  if (input.kind === 'read') return state;
  return input.kind === 'write' ? 'written' : input.from === state;
}

/** The history with the read at that place told what nobody ever wrote. */
function withWrongRead(history: readonly Step[], at: number): Step[] {
  return history.map((step, place) =>
    place === at && step.returned !== undefined
      ? { ...step, returned: { ...step.returned, output: 99 } }
      : step,
  );
}

function isRead({ input, returned }: Step): boolean {
  return input.kind === 'read' && returned !== undefined;
}

test('what a register that is one has answered is always accepted, and what it cannot have answered never', () => {
  const histories = fc.record({
    seed: fc.integer(),
    count: fc.nat({ max: 60 }),
    clients: fc.integer({ min: 1, max: 5 }),
    openOneIn: fc.constantFrom(0, 5, 20),
  });
  fc.assert(
    fc.property(histories, (options) => {
      const history = atomicHistory(options);
      expect(verdictOf(history)).toEqual({ kind: 'linearizable' });
      const at = history.findIndex(isRead);
      if (at < 0) return;
      expect(verdictOf(withWrongRead(history, at)).kind).toBe('not linearizable');
    }),
    { numRuns: 300 },
  );
});

test('ten thousand operations of five clients take a few steps each', () => {
  const history = atomicHistory({ seed: 3, count: 10_000, clients: 5, openOneIn: 0 });
  expect(verdictOf(history, 100_000)).toEqual({ kind: 'linearizable' });
  const wrong = withWrongRead(history, history.findLastIndex(isRead));
  expect(verdictOf(wrong)).toMatchObject({ kind: 'not linearizable' });
});

/** Whether any order of the operations, of those that did not return any that are taken, explains the answers: tries them all. */
function isExplained(history: readonly Step[], state: number): boolean {
  const left = history.filter(({ returned }) => returned !== undefined);
  if (left.length === 0) return true;
  const firstReturn = Math.min(...left.map(({ returned }) => returned?.at ?? 0));
  return history.some((step) => {
    if (step.invokedAt > firstReturn) return false;
    const { returned, input } = step;
    const after =
      returned === undefined
        ? register.effect(state, input)
        : register.step(state, input, returned.output);
    const rest = history.filter((other) => other !== step);
    return after !== undefined && isExplained(rest, after);
  });
}

test('small histories with any answers have the verdict that trying all orders has', () => {
  const number = fc.nat({ max: 2 });
  const call = fc.record({
    invokedAt: fc.nat({ max: 12 }),
    lasts: fc.integer({ min: 1, max: 6 }),
    isOpen: fc.boolean(),
  });
  const asked = fc.oneof(
    number.map((output) => ({ input: { kind: 'read' as const }, output })),
    number.map((to) => ({ input: { kind: 'write' as const, to }, output: 'written' as const })),
    fc
      .record({ from: number, to: number, output: fc.boolean() })
      .map(({ from, to, output }) => ({ input: { kind: 'swap' as const, from, to }, output })),
  );
  const step = fc.tuple(call, asked).map(([{ invokedAt, lasts, isOpen }, { input, output }]) => ({
    client: '',
    input,
    invokedAt,
    returned: isOpen && lasts > 3 ? undefined : { at: invokedAt + lasts, output },
  }));
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 7 }), (history) => {
      const expected = isExplained(history, 0) ? 'linearizable' : 'not linearizable';
      seen.add(expected);
      expect(verdictOf(history).kind).toBe(expected);
    }),
    { numRuns: 2000, seed: 5 },
  );
  expect(seen.size).toBe(2);
});

describe('the service of one name', () => {
  const [name, version] = ['web', 7];
  const create = { kind: 'create', name, value: 'a' } as const;
  const inspect = { kind: 'inspect', name } as const;
  const update = { kind: 'update', name, version, value: 'b' } as const;
  const remove = { kind: 'remove', name } as const;
  const made = { kind: 'created', id: 'x' } as const;
  const seenFirst = { kind: 'seen', id: 'x', version, value: 'a' } as const;

  type Told = readonly [ServiceInput, ServiceOutput | undefined];

  /** One after the other. */
  function verdictOf(...told: readonly Told[]): string {
    const recorder = new HistoryRecorder<ServiceInput, ServiceOutput>();
    for (const [input, output] of told) {
      const operation = recorder.invoke('', input);
      if (output !== undefined) operation.returns(output);
    }
    return checkHistory({ model: serviceModel }, recorder.operations).kind;
  }

  test.each<[string, readonly Told[]]>([
    [
      'made, seen, changed, seen, removed',
      [
        [create, made],
        [inspect, seenFirst],
        [update, { kind: 'updated' }],
        [inspect, { ...seenFirst, version: 8, value: 'b' }],
        [remove, { kind: 'removed' }],
        [inspect, { kind: 'absent' }],
      ],
    ],
    [
      'a name that is taken',
      [
        [create, made],
        [
          { ...create, value: 'c' },
          { kind: 'nameTaken', id: 'x' },
        ],
      ],
    ],
    [
      'an update of an older version',
      [
        [create, made],
        [inspect, { ...seenFirst, version: 8 }],
        [update, { kind: 'outOfSequence' }],
      ],
    ],
    [
      'nothing there',
      [
        [inspect, { kind: 'absent' }],
        [remove, { kind: 'absent' }],
        [update, { kind: 'absent' }],
      ],
    ],
    [
      'an open creation that took effect',
      [
        [create, undefined],
        [inspect, { ...seenFirst, id: 'y' }],
      ],
    ],
    [
      'an open update that did not',
      [
        [create, made],
        [inspect, seenFirst],
        [update, undefined],
        [inspect, seenFirst],
      ],
    ],
    [
      'an open removal before another creation',
      [
        [create, made],
        [remove, undefined],
        [
          { ...create, value: 'c' },
          { kind: 'created', id: 'y' },
        ],
      ],
    ],
  ])('%s: linearizable', (_, told) => {
    expect(verdictOf(...told)).toBe('linearizable');
  });

  test.each<[string, readonly Told[]]>([
    [
      'gone without a removal',
      [
        [create, made],
        [inspect, { kind: 'absent' }],
      ],
    ],
    [
      'made twice',
      [
        [create, made],
        [create, { kind: 'created', id: 'y' }],
      ],
    ],
    ['taken by nobody', [[create, { kind: 'nameTaken', id: 'y' }]]],
    [
      'taken by another',
      [
        [create, made],
        [create, { kind: 'nameTaken', id: 'y' }],
      ],
    ],
    [
      'two updates of one version',
      [
        [create, made],
        [update, { kind: 'updated' }],
        [{ ...update, value: 'c' }, { kind: 'updated' }],
      ],
    ],
    [
      'an update that is not seen',
      [
        [create, made],
        [update, { kind: 'updated' }],
        [inspect, seenFirst],
      ],
    ],
    [
      'another version without an update',
      [
        [create, made],
        [inspect, seenFirst],
        [inspect, { ...seenFirst, version: 8 }],
      ],
    ],
    [
      'an older version after an update',
      [
        [create, made],
        [update, { kind: 'updated' }],
        [inspect, { ...seenFirst, version: 6, value: 'b' }],
      ],
    ],
    [
      'an older version after a removal',
      [
        [create, made],
        [inspect, seenFirst],
        [remove, { kind: 'removed' }],
        [create, { kind: 'created', id: 'y' }],
        [inspect, { ...seenFirst, id: 'y', version: 6 }],
      ],
    ],
    [
      'out of sequence with the version that is there',
      [
        [create, made],
        [inspect, seenFirst],
        [update, { kind: 'outOfSequence' }],
      ],
    ],
    [
      'removed twice',
      [
        [create, made],
        [remove, { kind: 'removed' }],
        [remove, { kind: 'removed' }],
      ],
    ],
    [
      'an open update of an older version that took effect',
      [
        [create, made],
        [inspect, { ...seenFirst, version: 8 }],
        [update, undefined],
        [inspect, { ...seenFirst, version: 9, value: 'b' }],
      ],
    ],
    [
      'there after its removal',
      [
        [create, made],
        [inspect, seenFirst],
        [remove, { kind: 'removed' }],
        [inspect, seenFirst],
      ],
    ],
  ])('%s: not linearizable', (_, told) => {
    expect(verdictOf(...told)).toBe('not linearizable');
  });
});

test('the recorder forgets what had no effect, and gives every call and return its own moment', () => {
  const recorder = new HistoryRecorder<string, string>();
  const [one, two, three] = ['one', 'two', 'three'].map((input) =>
    recorder.invoke('client', input),
  );
  two?.returns('told');
  one?.hadNoEffect();
  expect(recorder.operations).toEqual([
    { client: 'client', input: 'two', invokedAt: 2, returned: { at: 4, output: 'told' } },
    { client: 'client', input: 'three', invokedAt: 3, returned: undefined },
  ]);
  expect(three).toBeDefined();
});
