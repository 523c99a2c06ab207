// Turns on virtual time: how many at once, in which order, and what a turn that hangs does to the others.
import { expect, test } from 'vitest';
import { Turns } from '../../../../common/run/turns.ts';
import type { Turn } from '../../../../common/run/turns.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const signal = new AbortController().signal;

class Rig {
  readonly clock = new VirtualClock();
  readonly turns: Turns;
  readonly order: string[] = [];
  readonly held = new Map<string, Turn>();

  constructor(width: number) {
    this.turns = new Turns({ clock: this.clock, width, turnMs: 1000 });
  }

  async take(name: string, isUrgent = false, until: AbortSignal = signal): Promise<void> {
    void this.turns.take(until, isUrgent).then(
      (turn) => {
        this.order.push(name);
        this.held.set(name, turn);
      },
      () => this.order.push(`${name} gave up`),
    );
    await this.clock.settle();
  }

  async end(name: string): Promise<void> {
    this.held.get(name)?.end();
    await this.clock.settle();
  }
}

test('as many as the width go at once, the rest in the order in which they came', async () => {
  const rig = new Rig(2);
  for (const name of ['a', 'b', 'c', 'd']) await rig.take(name);
  expect(rig.order).toEqual(['a', 'b']);
  expect(rig.turns.waiting).toBe(2);
  await rig.end('b');
  expect(rig.order).toEqual(['a', 'b', 'c']);
  await rig.end('a');
  expect(rig.order).toEqual(['a', 'b', 'c', 'd']);
});

test('what is urgent goes before what is not', async () => {
  const rig = new Rig(1);
  await rig.take('a');
  await rig.take('b');
  await rig.take('c', true);
  await rig.end('a');
  await rig.end('c');
  expect(rig.order).toEqual(['a', 'c', 'b']);
});

test('who gives up while waiting gets no turn and holds up nobody', async () => {
  const rig = new Rig(1);
  const leaving = new AbortController();
  await rig.take('a');
  await rig.take('b', false, leaving.signal);
  await rig.take('c');
  leaving.abort(new Error('not wanted'));
  await rig.clock.settle();
  await rig.end('a');
  expect(rig.order).toEqual(['a', 'b gave up', 'c']);
});

test('a turn that ends twice makes room once', async () => {
  const rig = new Rig(1);
  for (const name of ['a', 'b', 'c']) await rig.take(name);
  await rig.end('a');
  await rig.end('a');
  expect(rig.order).toEqual(['a', 'b']);
});

test('a turn that hangs lets the next one begin after its time, and makes no room when it ends at last', async () => {
  const rig = new Rig(1);
  for (const name of ['a', 'b', 'c']) await rig.take(name);
  await rig.clock.advance(999);
  expect(rig.order).toEqual(['a']);
  await rig.clock.advance(1);
  expect(rig.order).toEqual(['a', 'b']);
  await rig.end('a');
  expect(rig.order).toEqual(['a', 'b']);
});
