// What becomes of the engine's connections: kept for calls that only read, and gone when nobody is left who wants them.
import * as http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { limits } from '../../../common/pure/limits.ts';
import type { RawPeer } from '../../lib/raw-engine.ts';
import { RawRig } from './raw-rig.ts';

let rig: RawRig;

beforeEach(async () => {
  rig = await RawRig.start();
});

afterEach(async () => {
  await rig[Symbol.asyncDispose]();
});

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers each request head that comes, however many on one connection. */
function answersAll(): void {
  rig.engine.onPeer((peer) => {
    let answered = 0;
    peer.socket.on('data', () => {
      const heads = peer.received.split('\r\n\r\n').length - 1;
      for (; answered < heads; answered += 1) peer.write(answer);
    });
  });
}

/** Resolves when the other end of the connection is closed altogether, and not only for one direction. */
async function untilGone(peer: RawPeer): Promise<void> {
  while (!peer.socket.destroyed) {
    peer.socket.write('');
    await sleep(10);
  }
}

describe('a connection to the engine', () => {
  test('serves one reading call after the other, and is let go when none comes', async () => {
    answersAll();
    for (let round = 0; round < 5; round += 1) expect(await rig.get('/a')).toContain('ok');
    expect(rig.engine.peers).toHaveLength(1);
    const [peer] = rig.engine.peers;
    if (peer !== undefined) await untilGone(peer);
  });

  test('serves one call that changes something, and no other', async () => {
    answersAll();
    for (let round = 0; round < 3; round += 1) {
      const client = await rig.say('POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await client.untilEnded();
    }
    await rig.get('/a');
    expect(rig.engine.peers).toHaveLength(4);
  });

  test('that the engine has closed meanwhile costs no call', async () => {
    let served = 0;
    rig.engine.onPeer((peer) => {
      peer.socket.on('data', () => {
        const heads = peer.received.split('\r\n\r\n').length - 1;
        // The second request on a connection finds it closed, without an answer.
        if (heads > 1) peer.socket.destroy();
        else peer.write(answer);
        served += 1;
      });
    });
    for (let round = 0; round < 20; round += 1) expect(await rig.get('/a')).toContain('ok');
    expect(served).toBeGreaterThan(20);
  });

  test('that breaks in the middle of an answer breaks the answer, and is asked once', async () => {
    answersAll();
    await rig.get('/a');
    rig.engine.peers[0]?.socket.removeAllListeners('data');
    rig.engine.peers[0]?.socket.on('data', () => {
      rig.engine.peers[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal');
      rig.engine.peers[0]?.socket.end();
    });
    const received = await rig.get('/b');
    expect(received.endsWith('hal')).toBe(true);
    expect(rig.engine.peers).toHaveLength(1);
  });

  test('to an engine that is down is refused once, kept or not', async () => {
    answersAll();
    await rig.get('/a');
    await rig.engine.stop();
    expect(await rig.get('/a')).toMatch(/^HTTP\/1\.1 503 /);
  });
});

const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
const kinds = {
  'an attach that upgrades': `POST /containers/a/attach HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`,
  'a session': `POST /session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  'an attach of an old client': 'POST /containers/a/attach HTTP/1.1\r\nHost: x\r\n\r\n',
};

describe.each(Object.entries(kinds))('%s', (_, head) => {
  async function joined(): Promise<{ readonly client: RawPeer; readonly peer: RawPeer }> {
    const client = await rig.say(head);
    const peer = await rig.engine.nextPeer();
    await peer.untilReceived('\r\n\r\n');
    peer.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nx');
    await client.untilReceived('x');
    return { client, peer };
  }

  test('is over at the engine when its client is killed while all is silent', async () => {
    const { client, peer } = await joined();
    client.socket.destroy();
    await untilGone(peer);
  });

  test('is over at the engine when its client ends its half and is killed later', async () => {
    const { client, peer } = await joined();
    client.socket.end('last');
    await peer.untilReceived('last');
    await peer.untilEnded();
    expect(peer.socket.destroyed).toBe(false);
    client.socket.destroy();
    await untilGone(peer);
  });

  test('lasts while a client that has ended its half still listens', async () => {
    const { client, peer } = await joined();
    client.socket.end();
    await peer.untilEnded();
    await sleep(limits.apiGoneClientMs + 100);
    peer.write('late');
    await client.untilReceived('late');
    peer.socket.end();
    await client.untilEnded();
  });

  test('gives the engine all that its client said before it was gone', async () => {
    const { client, peer } = await joined();
    const bytes = 'y'.repeat(2_000_000);
    peer.socket.pause();
    client.socket.end(bytes, () => client.socket.destroy());
    await sleep(20);
    peer.socket.resume();
    await peer.untilEnded();
    expect(peer.received.endsWith(bytes)).toBe(true);
  });

  test('costs no memory while its reader stalls', async () => {
    const { client, peer } = await joined();
    client.socket.pause();
    const before = process.memoryUsage.rss();
    const chunk = Buffer.alloc(1 << 20);
    let taken = 0;
    const pour = (): void => {
      taken += 1;
      if (taken < 200) peer.socket.write(chunk, pour);
    };
    pour();
    await sleep(200);
    expect(taken).toBeLessThan(10);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 << 20);
    client.socket.destroy();
    await untilGone(peer);
  });
});

describe('a body', () => {
  test('that the engine has had enough of is taken to its end from a client that reads only then', async () => {
    rig.engine.onPeer((peer) => {
      void peer.untilReceived('\r\n\r\n').then(() => {
        peer.socket.end(
          'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone',
        );
        peer.socket.destroySoon();
      });
    });
    const length = 16 << 20;
    const client = await rig.say(
      `PUT /containers/none/archive HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(length)}\r\n\r\n`,
    );
    client.socket.pause();
    await new Promise((resolve) => client.socket.write(Buffer.alloc(length), resolve));
    client.socket.resume();
    await client.untilReceived('none');
    await client.untilEnded();
  });

  test('has its trailers in both directions', async () => {
    const client = await rig.say(
      'POST /a HTTP/1.1\r\nHost: x\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n',
    );
    const peer = await rig.engine.nextPeer();
    await peer.untilReceived('0\r\nX-Sum: 1\r\n\r\n');
    peer.write('HTTP/1.1 200 OK\r\nTrailer: X-End\r\nTransfer-Encoding: chunked\r\n\r\n');
    peer.write('2\r\nhi\r\n0\r\nX-End: 2\r\n\r\n');
    await client.untilReceived('0\r\nX-End: 2\r\n\r\n');
  });

  test('that promises trailers which cannot come is passed on without the promise', async () => {
    rig.engine.answersHead('HTTP/1.1 200 OK\r\nTrailer: X\r\nContent-Length: 2\r\n\r\nhi');
    const client = await rig.say('GET /a HTTP/1.1\r\nHost: x\r\nTrailer: X\r\n\r\n');
    await client.untilReceived('hi');
    expect(rig.engine.peers[0]?.received.toLowerCase()).not.toContain('trailer');
  });

  test.each([
    ['trailers of a body that there is not', 'HEAD', '200 OK'],
    ['trailers of an answer without a body', 'GET', '204 No Content'],
  ])('leaves the daemon alive when the engine promises %s', async (_, method, status) => {
    rig.engine.answersHead(
      `HTTP/1.1 ${status}\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const client = await rig.say(`${method} /a HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.untilReceived(`HTTP/1.1 ${status}`);
  });

  test('never comes after a status that is none: the connection breaks', async () => {
    rig.engine.answersHead('HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nhi');
    const client = await rig.say('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.untilEnded();
    expect(await rig.get('/_ping')).toContain('OK');
  });

  test('of a gigabyte flows through in bounded memory, down and up', async () => {
    const gigabyte = 1 << 30;
    const chunk = Buffer.alloc(1 << 18);
    rig.engine.onPeer((peer) => {
      peer.socket.removeAllListeners('data');
      let seen = -1;
      peer.socket.on('data', (text: string) => {
        const isFirst = seen < 0;
        seen = isFirst ? text.length - text.indexOf('\r\n\r\n') - 4 : seen + text.length;
        if (text.startsWith('GET ')) {
          peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(gigabyte)}\r\n\r\n`);
          pour(peer.socket, gigabyte, chunk);
        } else if (seen === gigabyte) peer.write(answer);
      });
    });
    const before = process.memoryUsage.rss();
    let received = 0;
    const down = await request({ path: '/images/get' });
    for await (const piece of down) received += (piece as Buffer).length;
    expect(received).toBe(gigabyte);
    const headers = { 'content-length': gigabyte };
    const up = await request({ method: 'POST', path: '/images/load', headers }, (outgoing) => {
      pour(outgoing, gigabyte, chunk);
    });
    up.resume();
    expect(up.statusCode).toBe(200);
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 << 20);
  });
});

function pour(sink: NodeJS.WritableStream, length: number, chunk: Buffer): void {
  let left = length;
  const push = (): void => {
    while (left > 0) {
      left -= chunk.length;
      if (!sink.write(chunk)) {
        sink.once('drain', push);
        return;
      }
    }
  };
  push();
}

function request(
  options: http.RequestOptions,
  write: (outgoing: http.ClientRequest) => void = (outgoing) => outgoing.end(),
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ socketPath: rig.api.socketPath, agent: false, ...options });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    write(outgoing);
  });
}
