// Answers to calls that only read go past Node's HTTP onto the client's connection: whatever the engine says, and however slowly it is read, each client gets its own answer or a broken one.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { RawPeer } from '../../lib/raw-engine.ts';
import { RawRig } from './raw-rig.ts';

let rig: RawRig;

beforeEach(async () => {
  rig = await RawRig.start();
});

afterEach(async () => {
  await rig[Symbol.asyncDispose]();
});

const end = 'HTTP/1.1\r\nHost: x\r\n\r\n';

/** Answers request by request, on any connection, with what `answer` makes of its path. */
function answers(answer: (path: string, peer: RawPeer) => string): void {
  rig.engine.onPeer((peer) => {
    let answered = 0;
    peer.socket.on('data', () => {
      const heads = peer.received.split('\r\n\r\n').slice(0, -1);
      for (; answered < heads.length; answered += 1) {
        peer.write(answer(/^\w+ (\S+)/.exec(heads[answered] ?? '')?.[1] ?? '', peer));
      }
    });
  });
}

function chunked(...pieces: readonly string[]): string {
  const chunks = [...pieces, ''].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}`;
}

describe('a body', () => {
  test('keeps the chunks that the engine made', async () => {
    answers(() => chunked('ab', 'c'.repeat(100_000), 'd'));
    const received = await rig.get('/a');
    expect(received.slice(received.indexOf('\r\n\r\n') + 4)).toBe(
      chunked('ab', 'c'.repeat(100_000), 'd').split('\r\n\r\n').slice(1).join('\r\n\r\n'),
    );
  });

  test('that comes byte by byte, head included, is the same', async () => {
    const answer = chunked('ab', 'cd');
    answers((_, peer) => {
      void (async (): Promise<void> => {
        for (const byte of `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${answer}`) {
          peer.write(byte);
          await new Promise(setImmediate);
        }
      })();
      return '';
    });
    expect((await rig.get('/a')).endsWith('\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n')).toBe(true);
  });

  test('that ends with the connection is given chunks, and to an old client none', async () => {
    answers((_, peer) => {
      peer.socket.end('HTTP/1.1 200 OK\r\n\r\nhello');
      return '';
    });
    expect((await rig.get('/a')).endsWith('5\r\nhello\r\n0\r\n\r\n')).toBe(true);
    const old = await rig.say('GET /a HTTP/1.0\r\n\r\n');
    await old.untilEnded();
    expect(old.received.endsWith('\r\n\r\nhello')).toBe(true);
  });

  test('is taken out of its chunks for an old client', async () => {
    answers(() => chunked('hel', 'lo'));
    const old = await rig.say('GET /a HTTP/1.0\r\n\r\n');
    await old.untilEnded();
    expect(old.received.endsWith('\r\n\r\nhello')).toBe(true);
  });

  test('waits for a reader that stalls, and is whole and unmixed when it reads on', async () => {
    const letters = ['a', 'b', 'c', 'd'];
    answers((path) => chunked(...Array.from({ length: 64 }, () => path[1]?.repeat(32_768) ?? '')));
    const clients = await Promise.all(
      letters.map(async (letter) => {
        const client = await rig.say(`GET /${letter} ${end}`);
        client.socket.pause();
        return client;
      }),
    );
    await sleep(100);
    for (const client of clients) client.socket.resume();
    await Promise.all(clients.map((client) => client.untilReceived('0\r\n\r\n')));
    clients.forEach((client, index) => {
      const body = client.received.slice(client.received.indexOf('\r\n\r\n') + 4);
      const letter = letters[index] ?? '';
      expect(body).toBe(`8000\r\n${letter.repeat(32_768)}\r\n`.repeat(64) + '0\r\n\r\n');
    });
    // Each connection to the engine is free again.
    const before = rig.engine.peers.length;
    expect(await rig.get('/e')).toContain('eee');
    expect(rig.engine.peers).toHaveLength(before);
  });

  test('of each of many requests at once on one connection comes in its turn', async () => {
    const paths = Array.from({ length: 30 }, (_, index) => `/${String(index)}x`);
    answers((path) =>
      chunked(`<${path}>`, 'y'.repeat(path.length % 2 === 0 ? 200_000 : 2), `</${path}>`),
    );
    const client = await rig.say(paths.map((path) => `GET ${path} ${end}`).join(''));
    await client.until(({ received }) => received.endsWith('<//29x>\r\n0\r\n\r\n'));
    const seen = [...client.received.matchAll(/<(\/\d+x)>/g)].map((match) => match[1]);
    const order = seen.filter((path, index) => seen.indexOf(path) === index);
    expect(order).toEqual(paths);
    expect(client.received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(paths.length);
  });
});

describe('an answer that is none', () => {
  test.each([
    ['length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 5\r\n\r\nhello'],
    ['a folded header', 'X: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    ['a bare line feed', 'X: a\nContent-Length: 0\r\n\r\n'],
  ])('is answered 503 and costs its connection: %s', async (_, rest) => {
    answers((path) => (path === '/bad' ? `HTTP/1.1 200 OK\r\n${rest}` : chunked('fine')));
    expect(await rig.get('/bad')).toMatch(/^HTTP\/1\.1 503 [\s\S]*not valid HTTP"}$/);
    expect(await rig.get('/good')).toContain('fine');
    expect(rig.engine.peers).toHaveLength(2);
    expect(rig.engine.peers[0]?.isEnded).toBe(true);
  });

  test('after its head breaks off and never looks complete', async () => {
    answers(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const client = await rig.say(`GET /a ${end}`);
    await client.untilReceived('200 OK');
    rig.engine.peers[0]?.write('2;x=y\r\nhi\r\n0\r\n\r\n');
    await client.untilEnded();
    expect(client.received.endsWith('\r\n\r\n')).toBe(true);
  });

  test('with more bytes than it promised gives nobody the rest', async () => {
    const rest = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong';
    answers((path) => (path === '/a' ? `${chunked('right')}${rest}` : chunked('other')));
    expect(await rig.get('/a')).toMatch(/right\r\n0\r\n\r\n$/);
    expect(await rig.get('/b')).toContain('other');
    expect(rig.engine.peers).toHaveLength(2);
  });

  test('that comes on a connection nobody has asked on is given to nobody', async () => {
    answers(() => chunked('fine'));
    await rig.get('/a');
    rig.engine.peers[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong');
    expect(await rig.get('/b')).toContain('fine');
  });

  test('to a client that went away meanwhile is given to no other', async () => {
    answers((path) => (path === '/gone' ? '' : chunked('fine')));
    const gone = await rig.say(`GET /gone ${end}`);
    const peer = await rig.engine.nextPeer();
    await peer.untilReceived('/gone');
    gone.socket.destroy();
    await peer.untilEnded();
    expect(await rig.get('/b')).toContain('fine');
    expect(rig.engine.peers).toHaveLength(2);
  });
});
