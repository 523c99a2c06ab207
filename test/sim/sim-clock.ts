import { VirtualClock } from '../lib/virtual-clock.ts';

/**
 * The clock of a simulated world. Settles in ticks instead of turns of the event loop, which is several times faster; both run every
 * microtask that is ready or becomes ready.
 */
export class SimClock extends VirtualClock {
  override async settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
  }
}
