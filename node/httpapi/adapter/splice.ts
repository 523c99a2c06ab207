import type { Duplex } from 'node:stream';

import { limits } from '../../../common/pure/limits.ts';

const nothing: Uint8Array = new Uint8Array(0);

/**
 * Joins two connections, each half-closed by itself; when one breaks, so does the other.
 *
 * A client that was killed looks like one that has said all: both end what can be read. So a client whose stream has ended is asked, at once
 * and now and then, whether anybody is there; without it the engine's connection would stay until the container says something.
 */
export function splice(client: Duplex, upstream: Duplex): void {
  const drop = (): void => {
    client.destroy();
    upstream.destroy();
  };
  upstream.on('error', drop);
  client.on('error', drop);
  client.once('close', () => {
    endOrDestroy(upstream);
  });
  // What was read is still on its way out: end, and let the client close.
  upstream.once('close', () => client.end());
  client.pipe(upstream);
  upstream.pipe(client);
  watchAfterEnd(client);
}

/** What the client has said before it went still reaches the engine, within a limit. */
function endOrDestroy(upstream: Duplex): void {
  if (upstream.writableLength === 0) {
    upstream.destroy();
    return;
  }
  const timer = setTimeout(() => upstream.destroy(), limits.apiGoneClientMs);
  upstream.once('close', () => {
    clearTimeout(timer);
  });
  upstream.end(() => upstream.destroy());
}

/**
 * Breaks the connection of a client that is gone altogether: a write of nothing fails then, whereas it passes, and sends nothing, while the
 * client has only closed its own half.
 */
function watchAfterEnd(client: Duplex): void {
  client.once('end', () => {
    const ask = (): void => {
      // A write under way will tell; and nothing can be said any more after the engine's end.
      if (client.writable && client.writableLength === 0) client.write(nothing);
    };
    ask();
    const timer = setInterval(ask, limits.apiGoneClientMs);
    client.once('close', () => {
      clearInterval(timer);
    });
  });
}
