// Shows on the real disk that kill -9 at any moment loses nothing acknowledged: a process appends through the consensus
// thread and is killed, again and again; after each kill the log is opened and compared with all that was ever acknowledged.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeClock } from '../../../common/platform/clock.ts';
import { NodeDisk } from '../../../common/platform/disk.ts';
import { NodeEntropy } from '../../../common/platform/entropy.ts';
import { noPeers } from '../../../manager/consensus/peers.ts';
import { LocalConsensusPort } from '../../../manager/consensus/local-port.ts';
import { NodeLogCipher } from '../../../manager/consensus/thread/node-cipher.ts';
import { AppliedLog } from './applied-log.ts';
import { testKey, testOptions } from './member.ts';

const kills = 25;
const budgetMs = 45_000;

let directory = '';
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shoal-kill-'));
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Runs the appender, kills it `afterMs` after it began (or after it leads), and gives the lines that it printed. */
async function runAndKill(
  run: number,
  afterMs: number,
  from: 'start' | 'leader',
): Promise<string[]> {
  const script = fileURLToPath(new URL('./appender.ts', import.meta.url));
  const started = spawn(process.execPath, [script, join(directory, 'raft'), String(run)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  let output = '';
  let errors = '';
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer ??= setTimeout(() => started.kill('SIGKILL'), afterMs);
  };
  if (from === 'start') arm();
  started.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  started.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.startsWith('leader\n')) arm();
  });
  const signal = await new Promise<string | null>((resolve) => {
    started.once('close', (_, name) => {
      resolve(name);
    });
  });
  clearTimeout(timer);
  expect([signal, errors]).toEqual(['SIGKILL', '']);
  return output.split('\n').slice(0, -1);
}

/** Opens the log in this process and reads all of it. */
async function readBack(): Promise<ReadonlyMap<number, string>> {
  const ports = {
    disk: new NodeDisk(),
    entropy: new NodeEntropy(),
    cipher: new NodeLogCipher(testKey()),
    clock: new NodeClock(),
    peers: noPeers,
  };
  const port = new LocalConsensusPort(testOptions(join(directory, 'raft')), ports);
  const applied = new AppliedLog(port);
  const led = Promise.withResolvers<void>();
  port.receive((message) => {
    applied.take(message);
    if (message.kind === 'leadership') led.resolve();
    if (message.kind === 'failed') led.reject(new Error(message.message));
  });
  await led.promise;
  port.post({ kind: 'stop' });
  await port.done;
  return applied.names;
}

describe('kill -9', () => {
  it('loses nothing acknowledged, changes nothing and keeps the order', async () => {
    const acknowledged = new Map<number, string>();
    const endMs = performance.now() + budgetMs;
    let run = 0;
    let withSnapshot = 0;
    while (run < kills || (acknowledged.size < 2000 && performance.now() < endMs)) {
      run += 1;
      const from = run % 5 === 0 ? 'start' : 'leader';
      const lines = await runAndKill(run, Math.floor(Math.random() * 350), from);
      for (const line of lines.filter((text) => text !== 'leader')) {
        const [index, name] = line.split(' ');
        acknowledged.set(Number(index), name ?? '');
      }
      const names = await readBack();
      for (const [index, name] of acknowledged) {
        if (names.get(index) !== name)
          throw new Error(`entry ${index}: ${names.get(index)}, not ${name}`);
      }
      expect([...names.keys()]).toEqual(Array.from(names, (_, position) => position + 1));
      if (names.size > 700) withSnapshot += 1;
    }
    expect(acknowledged.size).toBeGreaterThan(700);
    expect(withSnapshot).toBeGreaterThan(0);
  }, 300_000);
});
