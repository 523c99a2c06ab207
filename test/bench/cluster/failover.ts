import { setTimeout as sleep } from 'node:timers/promises';

import type { Host } from '../../integration/testbed/host.ts';
import type { Swarm } from '../../integration/testbed/swarm.ts';

/** How the leader is lost. */
export type Loss = 'killed' | 'cut off';

const roundLimitMs = 120_000;
const pauseMs = 5;
/** An answer that does not come for so long comes from nobody. */
const answerLimitMs = 5_000;

/**
 * Takes the leader away and writes through the other managers at once, each with a client of its own that tries again and again. Then
 * brings it back and waits until every manager sees every other.
 *
 * @returns milliseconds from the loss to the first accepted write.
 */
export async function measureFailover(swarm: Swarm, loss: Loss, round: string): Promise<number> {
  const leader = await swarm.agreedLeader();
  const others = swarm.managers.filter((host) => host !== leader);
  // Each client has written once before: what is measured is not the first call of a cold process.
  for (const host of others) await mustCreate(swarm, host, `${round}-before-${host.name}`);
  const over = new AbortController();
  // A signal is there at once, though not the end of the process; pulling the cable takes a command, during which the leader still takes writes.
  if (loss === 'cut off') await leader.cutOff();
  const startMs = performance.now();
  const ended = loss === 'killed' ? swarm.kind.kill(leader) : undefined;
  const tookMs = await Promise.any(
    others.map(async (host) => {
      await firstAccepted(swarm, host, round, over.signal);
      return performance.now() - startMs;
    }),
  );
  over.abort();
  await ended;
  if (loss === 'killed') await swarm.kind.start(leader);
  else await leader.heal();
  await swarm.settled();
  return tookMs;
}

async function firstAccepted(
  swarm: Swarm,
  host: Host,
  round: string,
  over: AbortSignal,
): Promise<void> {
  const deadlineMs = performance.now() + roundLimitMs;
  let complaint = '';
  for (let attempt = 0; !over.aborted; attempt += 1) {
    if (performance.now() > deadlineMs)
      throw new Error(`${host.name} takes no write: ${complaint}`);
    complaint = await create(swarm, host, `${round}-${host.name}-${String(attempt)}`);
    if (complaint === '') return;
    await sleep(pauseMs);
  }
}

/** @returns why the service was not created, or nothing */
async function create(swarm: Swarm, host: Host, name: string): Promise<string> {
  const spec = {
    Name: name,
    TaskTemplate: { ContainerSpec: { Image: 'nothing:1' } },
    Mode: { Replicated: { Replicas: 0 } },
  };
  try {
    const answer = await swarm.api(host, 'POST', '/services/create', spec, answerLimitMs);
    return answer.status === 201 ? '' : answer.text;
  } catch (error) {
    return String(error);
  }
}

async function mustCreate(swarm: Swarm, host: Host, name: string): Promise<void> {
  const complaint = await create(swarm, host, name);
  if (complaint !== '') throw new Error(`${host.name}: ${complaint}`);
}
