/** Where the spread of election timeouts comes from. */
export interface Chance {
  /** A whole number from 0 to `bound` - 1, evenly. `bound` is at least 1. */
  below(bound: number): number;
}
