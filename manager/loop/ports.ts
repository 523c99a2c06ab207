import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { Random } from '../../common/pure/random.ts';
import type { ProposerPort } from '../proposer/port.ts';
import type { Decider } from '../store/decider.ts';
import type { PendingView } from '../store/pending-view.ts';
import type { Watcher } from '../store/watch.ts';
import type { LoopMetrics } from './metrics.ts';

export interface LoopOptions {
  /** Rows of every decision's budget, for runs that must repeat exactly; undefined = adapt to the time they take. */
  readonly fixedBudgetRows: number | undefined;
}

export interface LoopPorts {
  /** In the order in which they are asked about one event. Each belongs to this loop alone: its index follows the loop. */
  readonly deciders: readonly Decider[];
  readonly proposer: ProposerPort;
  /** A fresh view of the proposer's store with nothing in flight; the loop closes it. */
  readonly pendingView: () => PendingView;
  /** Watches the store from now on; `wake` is called when there is something to take. */
  readonly watch: (wake: () => void) => Watcher;
  /** Lets others have the thread; resolves when it is this one's turn again. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: LoopMetrics;
  readonly options: LoopOptions;
}
