import type { FaultKind, SimOptions } from './options.ts';
import type { PlantedParts } from './planted-parts.ts';

/** A wrong part, and the invariants by which the simulator may notice it. */
export interface PlantedBug {
  readonly name: string;
  readonly invariants: readonly string[];
  /** Faults without which it does not show. */
  readonly faults?: readonly FaultKind[];
  /** What else its worlds have to be like. */
  readonly changes?: Partial<SimOptions>;
  readonly parts: () => PlantedParts;
}
