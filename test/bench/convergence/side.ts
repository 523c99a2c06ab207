import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineClient } from '../../../common/platform/engine/client.ts';

/** One of those that are compared: it brings `count` containers up, renews them, and takes them away. */
export interface Side {
  readonly name: string;
  /** Resolves when all run. */
  create(count: number): Promise<void>;
  /** Replaces each by one with another environment, `updateParallelism` at a time, the old one first. Resolves when all new ones run. */
  update(): Promise<void>;
  /** Stops and removes them. Resolves when the engine has none of them any more. */
  remove(): Promise<void>;
}

/** Replicas that a rolling update replaces at one time. */
export const updateParallelism = 8;
export const targetPort = 80;
export const subnet = { base: '10.77.0', prefix: 24 };

/** Runs `job` for each item, `width` at a time, in order. */
export async function inTurns<T>(
  items: readonly T[],
  width: number,
  job: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) await job(item);
  };
  await Promise.all(Array.from({ length: width }, work));
}

const lookMs = 50;

/** Resolves when the engine has no container with `label` any more. All sides are looked at in this way: a look costs the engine something. */
export async function untilGone(
  engine: EngineClient,
  label: string,
  signal: AbortSignal,
): Promise<void> {
  while ((await engine.listContainers({ label: [label] }, signal)).length > 0)
    await sleep(lookMs, undefined, { signal });
}
