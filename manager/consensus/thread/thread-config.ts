import type { DriverOptions } from '../options.ts';
import type { TransportConfig } from '../transport/config.ts';

/** What the consensus thread is started with. */
export interface ThreadConfig {
  readonly options: DriverOptions;
  /** The member's data key, 32 bytes; the thread gets a copy and wipes it once the cipher has it. */
  readonly dataKey: Uint8Array;
  /** The way to the other members; without it this one has nobody to talk to. */
  readonly transport?: TransportConfig;
}

/** Checks the outer form only: the thread trusts whoever started it. */
export function isThreadConfig(value: unknown): value is ThreadConfig {
  if (typeof value !== 'object' || value === null) return false;
  return 'options' in value && 'dataKey' in value && value.dataKey instanceof Uint8Array;
}
