import type { Net } from '../../common/ports/net.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import type { World } from './world.ts';

/** How long a visitor waits for an answer, virtual milliseconds. */
const visitMs = 10_000;

/** What a connection to a published port came to: the id of the task that answered, or that nobody did. */
export type Visit =
  | { readonly kind: 'answered'; readonly taskId: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'broken' };

/** Somebody outside of the cluster who connects to published ports. */
export class Visitor {
  readonly #world: World;
  readonly #net: Net;

  constructor(world: World) {
    this.#world = world;
    this.#net = world.network.host('visitor', ['203.0.113.1']);
  }

  /** Connects to `port` of the machine at `address` and reads the answer. */
  async visit(address: string, port: number): Promise<Visit> {
    const { clock } = this.#world;
    const signal = new AbortController().signal;
    try {
      return await withDeadline({ clock, durationMs: visitMs, signal }, async (inner) => {
        const stream = await this.#net.dial({ kind: 'tcp', host: address, port }, inner);
        return await readAnswer(stream, inner);
      });
    } catch (error) {
      if (!isShoalError(error)) throw error;
      return { kind: error.message.includes('refused') ? 'refused' : 'broken' };
    }
  }
}

async function readAnswer(
  stream: Awaited<ReturnType<Net['dial']>>,
  signal: AbortSignal,
): Promise<Visit> {
  const { promise, resolve } = Promise.withResolvers<Visit>();
  let taskId = '';
  const give = (): void => {
    resolve(taskId === '' ? { kind: 'broken' } : { kind: 'answered', taskId });
  };
  const onAbort = (): void => {
    stream.destroy();
    give();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  stream.start({
    data: (chunk) => {
      taskId += new TextDecoder().decode(chunk);
    },
    end: give,
    drained: () => undefined,
    closed: give,
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    stream.destroy();
  }
}
