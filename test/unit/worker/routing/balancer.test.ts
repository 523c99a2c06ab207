// Where the next connection goes: even spread, no endpoint twice for one connection, health learned from failed connects.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { Balancer, type BalancedEndpoint } from '../../../../worker/routing/balancer.ts';
import type { Target } from '../../../../worker/routing/port-plan.ts';

const none: ReadonlySet<BalancedEndpoint> = new Set();

function targets(count: number, first = 0): Target[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(first + index);
    return { taskId: `t${number}`, address: `10.0.0.${number}`, port: 80 };
  });
}

function balancerOf(count: number, seed = 1): Balancer {
  const balancer = new Balancer(seededRandom(seed));
  balancer.follow(targets(count));
  return balancer;
}

function pickTask(balancer: Balancer, nowMs = 0): string | undefined {
  return balancer.pick(none, nowMs)?.target.taskId;
}

describe('Balancer', () => {
  it('reaches N endpoints with N connections that follow one another', () => {
    const balancer = balancerOf(5);
    const reached = new Set<string>();
    for (let connection = 0; connection < 5; connection += 1) {
      const endpoint = balancer.pick(none, 0);
      expect(endpoint).toBeDefined();
      if (endpoint === undefined) return;
      reached.add(endpoint.target.taskId);
      balancer.closed(endpoint);
    }
    expect(reached.size).toBe(5);
  });

  it('begins elsewhere on another node', () => {
    const firsts = new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => pickTask(balancerOf(5, seed))));
    expect(firsts.size).toBeGreaterThan(1);
  });

  it('never lets two endpoints differ by more than one open connection when all last', () => {
    const balancer = balancerOf(7);
    for (let connection = 0; connection < 100; connection += 1) pickTask(balancer);
    const open = [...balancer.busy()].map((endpoint) => endpoint.open);
    expect(Math.max(...open) - Math.min(...open)).toBeLessThanOrEqual(1);
  });

  it('passes over an endpoint that failed, until its back-off is over', () => {
    const balancer = balancerOf(2);
    const failed = balancer.pick(none, 0);
    if (failed === undefined) throw new Error('no endpoint');
    balancer.failed(failed, 0);
    for (let connection = 0; connection < 4; connection += 1) {
      expect(pickTask(balancer, 100)).not.toBe(failed.target.taskId);
    }
    expect(pickTask(balancer, 10_000)).toBe(failed.target.taskId);
  });

  it('avoids for longer with each failure, and forgets all of them with one success', () => {
    const balancer = balancerOf(2);
    const sick = balancer.pick(none, 0);
    const other = balancer.pick(none, 0);
    if (sick === undefined || other === undefined) throw new Error('no endpoint');
    const others = new Set([other]);
    balancer.failed(sick, 0);
    for (let failure = 1; failure <= 3; failure += 1) {
      expect(balancer.pick(others, 1_000_000 * failure)).toBe(sick);
      balancer.failed(sick, 1_000_000 * failure);
    }
    expect(pickTask(balancer, 3_003_000)).toBe(other.target.taskId);
    expect(balancer.pick(others, 3_003_000)).toBe(sick);
    balancer.connected(sick);
    balancer.closed(sick);
    expect(balancer.pick(none, 3_003_000)).toBe(sick);
  });

  it('tries the one that is due first when every endpoint failed', () => {
    const balancer = balancerOf(2);
    const first = balancer.pick(none, 0);
    const second = balancer.pick(none, 0);
    if (first === undefined || second === undefined) throw new Error('no endpoint');
    balancer.failed(first, 0);
    balancer.failed(second, 50);
    expect(balancer.pick(none, 60)).toBe(first);
  });

  it('finds the well endpoint among many sick ones', () => {
    const balancer = balancerOf(300);
    const tried = new Set<BalancedEndpoint>();
    for (let endpoint = balancer.pick(tried, 0); endpoint; endpoint = balancer.pick(tried, 0)) {
      tried.add(endpoint);
    }
    expect(tried.size).toBe(300);
    const [well, ...sick] = tried;
    for (const endpoint of sick) balancer.failed(endpoint, 0);
    expect(balancer.pick(none, 1)).toBe(well);
  });

  it('answers nothing when there is no endpoint', () => {
    expect(pickTask(balancerOf(0))).toBeUndefined();
  });

  it('counts the connections of a removed endpoint until they end, also when it comes back', () => {
    const balancer = balancerOf(1);
    const old = balancer.pick(none, 0);
    if (old === undefined) throw new Error('no endpoint');
    balancer.follow(targets(1, 9));
    expect(pickTask(balancer)).toBe('t9');
    expect([...balancer.busy()].map(({ target }) => target.taskId)).toEqual(['t0', 't9']);
    balancer.follow(targets(1));
    expect(balancer.pick(none, 0)).toBe(old);
    expect(old.open).toBe(2);
    balancer.follow([]);
    balancer.closed(old);
    balancer.closed(old);
    expect([...balancer.busy()].map(({ target }) => target.taskId)).toEqual(['t9']);
  });

  it('chooses as a naive reading of its rules does', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('pick' as const) }),
      fc.record({ kind: fc.constant('close' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('fail' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('follow' as const), first: fc.nat(3), count: fc.nat(5) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(2_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const balancer = balancerOf(3);
        const model = new NaiveModel(targets(3));
        const held: BalancedEndpoint[] = [];
        let nowMs = 0;
        for (const action of steps) {
          if (action.kind === 'wait') nowMs += action.ms;
          if (action.kind === 'follow') {
            balancer.follow(targets(action.count, action.first));
            model.follow(targets(action.count, action.first));
          }
          if (action.kind === 'pick') {
            const endpoint = balancer.pick(none, nowMs);
            expect(model.allowed(nowMs)).toContain(endpoint?.target.taskId);
            if (endpoint !== undefined) {
              model.open.set(endpoint.target.taskId, endpoint.open);
              held.push(endpoint);
            }
          }
          if (action.kind === 'close' || action.kind === 'fail') {
            const [endpoint] = held.splice(action.which % Math.max(1, held.length), 1);
            if (endpoint === undefined) continue;
            model.end(endpoint.target.taskId);
            if (action.kind === 'close') balancer.closed(endpoint);
            else {
              balancer.failed(endpoint, nowMs);
              model.fail(endpoint.target.taskId, nowMs);
            }
          }
        }
        for (const endpoint of balancer.busy()) {
          expect(model.open.get(endpoint.target.taskId)).toBe(endpoint.open);
        }
      }),
    );
  });
});

/** Which tasks may be picked: of those not avoided (or, without any, due first) the ones with fewest connections. */
class NaiveModel {
  current: readonly string[];
  readonly open = new Map<string, number>();
  readonly failures = new Map<string, number>();
  readonly avoidUntilMs = new Map<string, number>();

  constructor(first: readonly Target[]) {
    this.current = first.map(({ taskId }) => taskId);
  }

  follow(next: readonly Target[]): void {
    this.current = next.map(({ taskId }) => taskId);
    for (const task of this.failures.keys()) this.#forget(task);
  }

  end(task: string): void {
    this.open.set(task, (this.open.get(task) ?? 0) - 1);
    this.#forget(task);
  }

  fail(task: string, nowMs: number): void {
    if (!this.current.includes(task) && (this.open.get(task) ?? 0) === 0) return;
    const failures = (this.failures.get(task) ?? 0) + 1;
    this.failures.set(task, failures);
    this.avoidUntilMs.set(task, nowMs + Math.min(15_000, 500 * 2 ** (failures - 1)));
  }

  allowed(nowMs: number): (string | undefined)[] {
    if (this.current.length === 0) return [undefined];
    const waits = this.current.map((task) =>
      Math.max(0, (this.avoidUntilMs.get(task) ?? 0) - nowMs),
    );
    const due = this.current.filter((_, index) => waits[index] === Math.min(...waits));
    const opens = due.map((task) => this.open.get(task) ?? 0);
    return due.filter((_, index) => opens[index] === Math.min(...opens));
  }

  #forget(task: string): void {
    if (this.current.includes(task) || (this.open.get(task) ?? 0) > 0) return;
    this.failures.delete(task);
    this.avoidUntilMs.delete(task);
  }
}
