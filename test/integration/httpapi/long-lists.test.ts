// Lists of ten thousand tasks over a real socket: whole and of one revision however slowly they are read, and cheap for the daemon and
// for everybody else while nobody reads them.
import * as http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ClusterApi } from '../../../common/ports/cluster-api.ts';
import { asId } from '../../../common/pure/ids.ts';
import { ControlApi } from '../../../manager/controlapi/control-api.ts';
import { createOp } from '../../../manager/store/ops.ts';
import { newTask, newTaskDesired, newTaskStatus, TaskState } from '../../../proto/gen/objects.ts';
import { FakeNodeControl } from '../../lib/fake-cluster.ts';
import { putValue } from '../../lib/store-fixture.ts';
import { StoreProposer } from '../../lib/store-proposer.ts';
import { TestApi } from './test-api.ts';

const taskCount = 10_000;
const setTasks = 400;

/** A manager whose cluster is a real store behind the real control API. */
class StoreControl extends FakeNodeControl {
  readonly proposer = new StoreProposer();
  readonly #api = new ControlApi({
    proposer: this.proposer,
    logs: {
      read: () => {
        throw new Error('no logs here');
      },
    },
    leaderNodeId: () => 'n1',
    isReachable: () => true,
    canGo: () => true,
    newSetId: this.proposer.newSetId,
    newServiceId: () => asId<'service'>('new'),
  });

  constructor() {
    super();
    this.state = 'active';
  }

  override cluster(): ClusterApi {
    return this.#api;
  }
}

const control = new StoreControl();
const ids = Array.from({ length: taskCount }, (_, n) => `task${String(n).padStart(21, '0')}`);
let api: TestApi;

beforeAll(async () => {
  const { fixture } = control.proposer;
  fixture.node('n1');
  fixture.service('web');
  let slot = 0;
  for (const chunk of chunksOf(ids)) {
    const ops = chunk.map((id) => {
      slot += 1;
      const desired = newTaskDesired({ state: TaskState.running });
      const value = newTask({ id, serviceId: 'web', slot, desired });
      return createOp({ kind: 'task', value });
    });
    fixture.change({ ops });
  }
  api = await TestApi.start('/nowhere.sock', control);
});

afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

function* chunksOf(all: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < all.length; start += setTasks)
    yield all.slice(start, start + setTasks);
}

function changeAll(state: TaskState): void {
  for (const chunk of chunksOf(ids)) {
    const value = newTaskStatus({ state, message: 'changed' });
    control.proposer.fixture.change({
      ops: chunk.map((id) => putValue(id, { kind: 'taskStatus', value })),
    });
  }
}

/** Asks for `path` and reads nothing of the answer yet. */
async function ask(path: string): Promise<http.IncomingMessage> {
  const agent = new http.Agent();
  return await new Promise((resolve, reject) => {
    http.get({ socketPath: api.socketPath, path, agent }, resolve).once('error', reject);
  });
}

interface ListedTask {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Status: { readonly State: string };
}

async function readAll(
  answer: http.IncomingMessage,
  each: () => Promise<void> = async () => undefined,
): Promise<readonly ListedTask[]> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) {
    pieces.push(piece as Buffer);
    await each();
  }
  return JSON.parse(Buffer.concat(pieces).toString()) as readonly ListedTask[];
}

describe('a list of ten thousand tasks', () => {
  it('is whole and of one revision though every task changes while it is read slowly', async () => {
    const { revision } = control.proposer.view;
    const answer = await ask('/v1.41/tasks');
    changeAll(TaskState.ready);
    let pieces = 0;
    const tasks = await readAll(answer, async () => {
      pieces += 1;
      if (pieces % 20 === 0) await sleep(1);
    });
    expect(tasks.map((task) => task.ID)).toEqual(ids);
    expect(Math.max(...tasks.map((task) => task.Version.Index))).toBeLessThanOrEqual(revision);
    const after = await readAll(await ask('/v1.41/tasks'));
    expect(new Set(after.map((task) => task.Status.State))).toEqual(new Set(['ready']));
  });

  it('costs little while forty clients do not read it, and holds nobody up', async () => {
    await readAll(await ask('/v1.41/tasks'));
    const before = process.memoryUsage();
    const stalled = await Promise.all(Array.from({ length: 40 }, () => ask('/v1.41/tasks')));
    await sleep(300);
    const after = process.memoryUsage();
    const grownBytes = after.heapUsed + after.external - before.heapUsed - before.external;
    // One list is 5 MB of text, forty are 200 MB.
    expect(grownBytes).toBeLessThan(100_000_000);
    const startMs = performance.now();
    expect(await readAll(await ask('/v1.41/tasks'))).toHaveLength(taskCount);
    const besideMs = performance.now() - startMs;
    console.log(
      `40 stalled lists: ${(grownBytes / 1e6).toFixed(0)} MB; another beside them: ${besideMs.toFixed(0)} ms`,
    );
    for (const answer of stalled) answer.destroy();
  });

  it('goes on for others when clients leave in the middle of theirs', async () => {
    const leaving = await Promise.all(Array.from({ length: 20 }, () => ask('/v1.41/tasks')));
    for (const answer of leaving) answer.destroy();
    expect(await readAll(await ask('/v1.41/tasks'))).toHaveLength(taskCount);
  });
});
