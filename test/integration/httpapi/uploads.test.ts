// Bodies of archives, images and build contexts go past Node's HTTP onto the engine's connection: they arrive to the byte, each on a connection of its own.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { connectRaw, type RawPeer } from '../../lib/raw-engine.ts';
import { RawRig } from './raw-rig.ts';
import { TestApi } from './test-api.ts';

let rig: RawRig;

beforeEach(async () => {
  rig = await RawRig.start();
});

afterEach(async () => {
  await rig[Symbol.asyncDispose]();
});

const path = '/v1.41/containers/box/archive?path=/tmp';

function bodyOf(peer: RawPeer): string {
  return peer.received.slice(peer.received.indexOf('\r\n\r\n') + 4);
}

describe('an upload', () => {
  test('goes to the engine as it came, chunks and trailers included, with its headers and the end of the connection', async () => {
    const body = '3\r\nabc\r\n8\r\ndefghijk\r\n0\r\nX-Sum: 1\r\n\r\n';
    const head = `PUT ${path} HTTP/1.1\r\nHost: docker\r\nX-Meta: a\r\nX-Meta: b\r\nTrailer: X-Sum\r\n`;
    const client = await rig.say(`${head}Transfer-Encoding: chunked\r\n\r\n${body.slice(0, 9)}`);
    const peer = await rig.engine.nextPeer();
    await peer.untilReceived('abc');
    client.write(body.slice(9));
    await peer.untilReceived('X-Sum: 1\r\n\r\n');
    expect(bodyOf(peer)).toBe(body);
    const sent = peer.received.slice(0, peer.received.indexOf('\r\n\r\n')).toLowerCase();
    expect(sent.split('\r\n')).toEqual([
      `put ${path} http/1.1`,
      'host: docker',
      'x-meta: a',
      'x-meta: b',
      'trailer: x-sum',
      'transfer-encoding: chunked',
      'connection: close',
    ]);
    const answer = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';
    peer.socket.end(answer);
    await client.untilEnded();
    expect(client.received).toBe(answer);
  });

  test('behind a request that is not answered yet waits for its answer', async () => {
    rig.engine.onPeer((peer) => {
      void peer.untilReceived('\r\n\r\n').then(async () => {
        const isFirst = peer.received.startsWith('GET');
        if (isFirst) await sleep(50);
        const name = isFirst ? 'slow' : 'body';
        peer.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${name}`);
      });
    });
    const get = 'GET /containers/json HTTP/1.1\r\nHost: x\r\n\r\n';
    const put = `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`;
    const client = await rig.say(get + put);
    await client.untilReceived('body');
    expect(client.received.indexOf('slow')).toBeLessThan(client.received.indexOf('body'));
    expect(client.received.indexOf('slow')).toBeGreaterThan(0);
  });

  test('that comes after answered requests of its connection is taken like the first', async () => {
    rig.engine.onPeer((peer) => {
      void peer
        .untilReceived('\r\n\r\n')
        .then(() => peer.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    const client = await rig.say('GET /containers/json HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.untilReceived('ok');
    client.write(`POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`);
    while (rig.engine.peers.length < 2) await sleep(5);
    await rig.engine.peers[1]?.untilReceived('abc');
    expect(rig.engine.peers[1]?.received.toLowerCase()).toContain('connection: close');
  });

  test('that its client breaks off ends at the engine', async () => {
    const client = await rig.say(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc`,
    );
    const peer = await rig.engine.nextPeer();
    await peer.untilReceived('abc');
    client.socket.destroy();
    await peer.untilEnded();
    expect(bodyOf(peer)).toBe('abc');
  });

  test('to an engine that breaks off ends at the client', async () => {
    const client = await rig.say(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc`,
    );
    const peer = await rig.engine.nextPeer();
    await peer.untilReceived('abc');
    peer.socket.destroy();
    await client.untilEnded();
    expect(client.received).toBe('');
  });

  test('to an engine that is not there is refused', async () => {
    await using lonely = await TestApi.start(join(rig.engine.folder, 'nobody.sock'));
    const client = await connectRaw(lonely.socketPath);
    client.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc`);
    await client.untilEnded();
    expect(client.received).toContain('503 Service Unavailable');
    expect(client.received).toContain('the Docker Engine of this node does not answer');
  });

  test('is not read further than the engine takes it', async () => {
    rig.engine.onPeer((peer) => {
      peer.socket.pause();
    });
    const length = 64 << 20;
    const client = await rig.say(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(length)}\r\n\r\n`,
    );
    const before = process.memoryUsage.rss();
    client.socket.write(Buffer.alloc(length));
    await sleep(200);
    // The client and the listener are of this process: what lies between is the rest.
    expect(client.socket.writableLength).toBeGreaterThan(length - (4 << 20));
    const peer = await rig.engine.nextPeer();
    let seen = 0;
    const whole = new Promise<void>((resolve) => {
      peer.socket.removeAllListeners('data').on('data', (text: string) => {
        seen += text.length;
        if (seen >= length) resolve();
      });
    });
    peer.socket.resume();
    await whole;
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 << 20);
  });
});
