import { actorName } from '../../common/ports/identity.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { seededRandom } from '../../common/pure/random.ts';
import { Allocator } from '../../manager/allocator/allocator.ts';
import { ControlLoop } from '../../manager/loop/control-loop.ts';
import type { LoopMetrics } from '../../manager/loop/metrics.ts';
import { GlobalDecider } from '../../manager/orchestrator/global/global.ts';
import { ReaperDecider } from '../../manager/orchestrator/reaper/reaper.ts';
import { ReplicatedDecider } from '../../manager/orchestrator/replicated/replicated.ts';
import { RestartDecider } from '../../manager/orchestrator/restart/restart.ts';
import { UpdateDecider } from '../../manager/orchestrator/update/update.ts';
import type { ProposerPort, SetOutcome, SetRequest } from '../../manager/proposer/port.ts';
import { Scheduler } from '../../manager/scheduler/scheduler.ts';
import type { Decider } from '../../manager/store/decider.ts';
import { PendingView } from '../../manager/store/pending-view.ts';
import { taskState } from '../../manager/store/task-state.ts';
import { DeciderRig } from './decider-rig.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What becomes of a set; `lose answer` applies it, `lose set` does not, and neither says so. */
export type Fate = 'apply' | 'drop' | 'lose answer' | 'lose set';

/** Applies each set after a while, or lets happen to it what the test says. */
class SlowProposer implements ProposerPort {
  readonly sets: SetRequest[] = [];
  fate: (set: SetRequest) => Fate = () => 'apply';
  isReachable = true;
  readonly #rig: DeciderRig;
  readonly #clock: VirtualClock;

  constructor(rig: DeciderRig, clock: VirtualClock) {
    this.#rig = rig;
    this.#clock = clock;
  }

  get view(): DeciderRig['view'] {
    return this.#rig.view;
  }

  async submit(set: SetRequest, signal: AbortSignal): Promise<SetOutcome> {
    this.sets.push(set);
    await this.#clock.sleep(5, signal);
    const fate = this.fate(set);
    if (fate === 'drop') return { kind: 'dropped', reason: 'tooBusy' };
    if (fate === 'lose set') return { kind: 'unknown' };
    this.#rig.fixture.wallMs = this.#clock.wallMs();
    const { outcome } = this.#rig.fixture.apply({ ...set, actor: actorName(set.actor) });
    return fate === 'lose answer' ? { kind: 'unknown' } : outcome;
  }

  async barrier(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(1, signal);
    if (!this.isReachable) throw new ShoalError('lostQuorum', 'no leader');
  }
}

/** A control loop over a real store, a slow proposer and a virtual clock. */
export class LoopBench {
  readonly rig = new DeciderRig();
  readonly clock = new VirtualClock();
  readonly proposer = new SlowProposer(this.rig, this.clock);
  readonly outcomes: string[] = [];
  controller = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  /** The deciders of one leadership. */
  lead(deciders: readonly Decider[] = allDeciders(), term = 1): void {
    const metrics: LoopMetrics = {
      decided: () => undefined,
      settled: (actor, outcome) => this.outcomes.push(`${actor} ${outcome}`),
      sliced: () => undefined,
      passed: () => undefined,
    };
    const loop = new ControlLoop({
      deciders,
      proposer: this.proposer,
      pendingView: () => new PendingView(this.rig.fixture.store),
      watch: (wake) => this.rig.fixture.store.watch(undefined, wake),
      turn: () => Promise.resolve(),
      clock: this.clock,
      random: seededRandom(7),
      log: { at: () => undefined, with: () => this.#log() },
      metrics,
      options: { fixedBudgetRows: 10_000 },
    });
    this.#ended = loop.lead(term, this.controller.signal);
  }

  async stop(): Promise<void> {
    this.controller.abort();
    await this.#ended;
  }

  states(service: string): string[] {
    return this.rig
      .tasks(service)
      .map((task) => `${task.slot} ${taskState(task)} ${task.desiredState} ${task.nodeId}`);
  }

  #log(): { at: () => void; with: () => never } {
    return {
      at: () => undefined,
      with: () => {
        throw new Error('no nested logs here');
      },
    };
  }
}

/** Those of the product, in its order. */
export function allDeciders(): readonly Decider[] {
  return [
    new ReplicatedDecider(),
    new GlobalDecider(),
    new UpdateDecider(),
    new RestartDecider(),
    new ReaperDecider(),
    new Allocator(),
    new Scheduler(),
  ];
}
