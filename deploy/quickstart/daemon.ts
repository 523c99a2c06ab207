import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Settings } from './settings.ts';
import { callSocket } from './socket-http.ts';

const startLimitMs = 30_000;
const stopLimitMs = 30_000;
const pollMs = 100;

/** True when a daemon answers on the socket. */
export async function isDaemonUp(settings: Settings): Promise<boolean> {
  const { socketPath } = settings;
  try {
    const call = { socketPath, method: 'GET', path: '/_ping', limitMs: 5_000 };
    return (await callSocket(call)).status === 200;
  } catch {
    return false;
  }
}

/**
 * Starts the daemon in the background, where it stays when this process ends, and waits until it answers.
 * @throws with the end of its log when it does not
 */
export async function startDaemon(settings: Settings): Promise<void> {
  mkdirSync(settings.dataRoot, { recursive: true, mode: 0o700 });
  const log = openSync(settings.logPath, 'a', 0o600);
  const child = spawn(join(settings.root, 'cli', 'shoal'), ['daemon'], {
    cwd: '/',
    detached: true,
    env: settings.environment,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code, signal) => {
    failure = `it ended with ${signal ?? `exit code ${String(code)}`}`;
  });
  const deadlineMs = performance.now() + startLimitMs;
  while (!(await isDaemonUp(settings))) {
    if (performance.now() > deadlineMs) failure ??= 'it does not answer';
    if (failure !== undefined) throw new Error(describeFailure(settings, failure));
    await sleep(pollMs);
  }
  child.unref();
}

/** Asks the daemon to stop and waits for its end. True when there was one to stop. */
export async function stopDaemon(settings: Settings): Promise<boolean> {
  const pid = daemonPid(settings);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGTERM');
  const deadlineMs = performance.now() + stopLimitMs;
  while (daemonPid(settings) !== undefined) {
    if (performance.now() > deadlineMs)
      throw new Error(`the daemon (pid ${String(pid)}) does not end`);
    await sleep(pollMs);
  }
  return true;
}

/** The process that holds the data root, by its lock: pid and start time, so that a pid given anew does not count. */
export function daemonPid(settings: Settings): number | undefined {
  try {
    const [pid = '', started = ''] = readlinkSync(join(settings.dataRoot, 'LOCK')).split(' ');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[19] === started && fields[0] !== 'Z' ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

function describeFailure(settings: Settings, failure: string): string {
  const tail = readFileSync(settings.logPath, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  return `the daemon did not start: ${failure}. The end of its log ${settings.logPath}:\n${tail}`;
}
