/** Time. Only composition roots and tests create a real one. */
export interface Clock {
  /** Milliseconds since an arbitrary epoch. Never decreases. Not wall time: see `wallMs`. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch. May jump; only for times that people read. */
  wallMs(): number;
  /**
   * Resolves after `durationMs` (0 or more), measured on this clock.
   * @throws the signal's reason if `signal` aborts first.
   */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}
