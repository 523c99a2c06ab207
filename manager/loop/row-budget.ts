import { limits } from '../../common/pure/limits.ts';
import type { Budget } from '../store/decider.ts';

/** Rows that one decision may look at. */
export class RowBudget implements Budget {
  #left: number;
  #spent = 0;

  constructor(rows: number) {
    this.#left = rows;
  }

  get spent(): number {
    return this.#spent;
  }

  /** True when a decision was told to stop. */
  get isUsedUp(): boolean {
    return this.#left <= 0;
  }

  spend(rows: number): boolean {
    this.#spent += rows;
    this.#left -= rows;
    return this.#left > 0;
  }
}

/**
 * How many rows a decision may look at so that it stays within a slice of time: halved after one that took longer,
 * raised after one that used its rows up in less than half of it. Deciders count rows, so only this knows time.
 */
export class AdaptiveBudget {
  #rows: number;
  readonly #isFixed: boolean;

  /** @param fixedRows the budget of every decision, for runs that must repeat exactly; undefined = adapt. */
  constructor(fixedRows: number | undefined) {
    this.#rows = fixedRows ?? limits.loopBudgetRowsMin * 16;
    this.#isFixed = fixedRows !== undefined;
  }

  next(): RowBudget {
    return new RowBudget(this.#rows);
  }

  /** Learns from a decision that took `tookMs`. */
  learn(budget: RowBudget, tookMs: number): void {
    if (this.#isFixed) return;
    if (tookMs > limits.loopSliceMs) {
      this.#rows = Math.max(limits.loopBudgetRowsMin, this.#rows >> 1);
    } else if (budget.isUsedUp && tookMs < limits.loopSliceMs / 2) {
      this.#rows = Math.min(limits.loopBudgetRowsMax, this.#rows * 2);
    }
  }
}
