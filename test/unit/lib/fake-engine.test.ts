import { describe, expect, it } from 'vitest';
import { isShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { drive } from '../../lib/drive.ts';
import { engineContract, type ContractWorld } from '../../lib/engine-contract.ts';
import { FakeEngine } from '../../lib/fake-engine/fake-engine.ts';
import { fakeWebImage, webImage } from '../../lib/fake-engine/web-image.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';

// The fake engine keeps the promises of the port (the same tests run against a real engine), and can fail in the ways that tests need.

const signal = new AbortController().signal;

interface World extends ContractWorld {
  readonly engine: FakeEngine;
  readonly clock: VirtualClock;
}

function makeWorld(): World {
  const clock = new VirtualClock();
  const engine = new FakeEngine({ clock, random: seededRandom(7), images: [fakeWebImage()] });
  return {
    engine,
    clock,
    image: webImage,
    run: (call) => drive(clock, call),
    pause: () => clock.advance(50),
    disconnect: async (network, container) => {
      engine.disconnectNetwork(network, container);
    },
  };
}

describe('the contract of EngineApi', () => {
  const world = makeWorld();
  engineContract(() => world);
});

describe('trouble', () => {
  async function codeOf(call: Promise<unknown>): Promise<string> {
    return await call.then(
      () => 'none',
      (error: unknown) => (isShoalError(error) ? error.code : String(error)),
    );
  }

  it('answers nothing while it is down, and ends its containers', async () => {
    const { engine, run } = makeWorld();
    await run(engine.createContainer('web', { Image: webImage }, signal));
    await run(engine.startContainer('web', signal));
    engine.stop();
    expect(await run(codeOf(engine.ping(signal)))).toBe('engineUnavailable');
    engine.start();
    const { State: state } = await run(engine.inspectContainer('web', signal));
    expect(state).toMatchObject({ Status: 'exited', ExitCode: 137 });
  });

  it('keeps its containers running when it goes away with live restore', async () => {
    const { engine, run } = makeWorld();
    await run(engine.createContainer('web', { Image: webImage }, signal));
    await run(engine.startContainer('web', signal));
    engine.stop(true);
    engine.start();
    const { State: state } = await run(engine.inspectContainer('web', signal));
    expect(state.Status).toBe('running');
  });

  it('fails calls after their limit while it hangs, and takes no effect', async () => {
    const { engine, run, clock } = makeWorld();
    engine.hang();
    const startMs = clock.nowMs();
    expect(await run(codeOf(engine.createContainer('web', { Image: webImage }, signal)))).toBe(
      'engineUnavailable',
    );
    expect(clock.nowMs() - startMs).toBe(limits.engineWorkMs);
    engine.resume();
    expect(engine.containers()).toEqual([]);
  });

  it('ends event streams with a failure when they break, and forgets what they missed', async () => {
    const { engine, run } = makeWorld();
    const stream = await run(engine.events({ sinceMs: 0, filters: {} }, signal));
    const reading = (async () => {
      for await (const event of stream) void event;
    })();
    engine.breakEvents();
    expect(await run(codeOf(reading))).toBe('engineUnavailable');
  });

  it('loses answers by chance, though the call took effect', async () => {
    const { engine, run } = makeWorld();
    engine.setFaults({ lostAnswers: 1 });
    const call = engine.createContainer('web', { Image: webImage }, signal);
    expect(await run(codeOf(call))).toBe('engineUnavailable');
    expect(engine.containers()).toHaveLength(1);
  });

  it('brings an image by a pull, which takes its time', async () => {
    const { engine, run, clock } = makeWorld();
    engine.addImage({ reference: 'slow', isLocal: false, pullMs: 5000 });
    expect(await run(codeOf(engine.inspectImage('slow:latest', signal)))).toBe('notFound');
    const pull = (async () => {
      for await (const line of engine.pullImage('docker.io/library/slow', '', signal)) void line;
    })();
    await run(pull);
    expect(clock.nowMs()).toBe(5000);
    expect((await run(engine.inspectImage('slow', signal))).RepoTags).toEqual(['slow:latest']);
  });

  it('repeats exactly for one seed', async () => {
    const trace = async (): Promise<string> => {
      const { engine, run, clock } = makeWorld();
      engine.setFaults({ callMsMax: 50, refusedCalls: 0.2, lostAnswers: 0.2, eventMsMax: 20 });
      const outcomes: string[] = [];
      for (let turn = 0; turn < 20; turn += 1) {
        const name = `web-${turn}`;
        outcomes.push(await run(codeOf(engine.createContainer(name, { Image: webImage }, signal))));
      }
      return JSON.stringify([outcomes, clock.nowMs(), engine.containers().map(({ id }) => id)]);
    };
    expect(await trace()).toBe(await trace());
  });
});
