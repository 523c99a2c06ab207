/**
 * What start.sh and stop.sh do once packages and engine are there: `main.ts start` and `main.ts stop`.
 *
 * It speaks to the daemon as any user would, with the command `shoal`, and shows each command that it runs.
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { daemonPid, isDaemonUp, startDaemon, stopDaemon } from './daemon.ts';
import { buildDemoImage, demoImage, demoPort, hasDemoImage } from './demo-image.ts';
import { advertiseAddress, isFreePort, readSettings, type Settings } from './settings.ts';
import { getJson, member } from './socket-http.ts';

const demoName = 'demo';
const demoReplicas = 3;
const preferredPort = 8080;
/** Where a manager listens unless told otherwise; it takes the next port, too. */
const managerPort = 2377;
/** How many ports above the preferred one are tried. */
const portsTried = 100;
const answerLimitMs = 60_000;

async function start(settings: Settings): Promise<void> {
  await ensureDaemon(settings);
  await ensureSwarm(settings);
  if (!(await hasDemoImage(settings.engineSocket))) {
    say(`Building the image ${demoImage} from this machine's Node, without a registry`);
    await buildDemoImage(settings.engineSocket);
  }
  const { port, replicas } = await ensureService(settings);
  const seen = await awaitAnswers(port, Math.min(replicas, demoReplicas));
  say('', `The demo answers at http://localhost:${String(port)}. Its replicas say:`, '');
  say(...seen.map((line) => `    ${line}`));
  printNext(settings, port);
}

async function ensureDaemon(settings: Settings): Promise<void> {
  if (await isDaemonUp(settings)) {
    say(`The daemon already runs and answers at ${settings.socketPath}`);
    return;
  }
  await startDaemon(settings);
  say(
    `Started the daemon in the background (pid ${String(daemonPid(settings) ?? '?')}): it answers at ` +
      `${settings.socketPath}, its log is ${settings.logPath}`,
  );
}

async function ensureSwarm(settings: Settings): Promise<void> {
  const deadlineMs = performance.now() + answerLimitMs;
  for (;;) {
    const swarm = member(await getJson(settings.socketPath, '/info'), 'Swarm');
    const state = String(member(swarm, 'LocalNodeState'));
    if (state === 'active') return;
    if (state === 'inactive') {
      await shoal(settings, [
        'init',
        '--advertise-addr',
        advertiseAddress(),
        ...(await listenFlags()),
      ]);
      return;
    }
    if (state !== 'pending' || performance.now() > deadlineMs) {
      throw new Error(
        `the swarm of this node is in state "${state}": ${String(member(swarm, 'Error'))}`,
      );
    }
    await sleep(200);
  }
}

/** None, unless something else, such as Docker's own swarm, holds the ports of a manager. */
async function listenFlags(): Promise<readonly string[]> {
  for (let port = managerPort; port < managerPort + portsTried; port += 2) {
    if (!(await isFreePort(port)) || !(await isFreePort(port + 1))) continue;
    return port === managerPort ? [] : ['--listen-addr', `0.0.0.0:${String(port)}`];
  }
  throw new Error(`no two ports from ${String(managerPort)} on are free for the manager`);
}

interface Demo {
  /** On which it is published. */
  readonly port: number;
  readonly replicas: number;
}

/** Creates the demo's service, or finds it as someone left it. @throws when it can answer nothing as it is */
async function ensureService(settings: Settings): Promise<Demo> {
  const service = await getJson(settings.socketPath, `/services/${demoName}`);
  if (service !== undefined) {
    const port = member(service, 'Endpoint', 'Ports', 0, 'PublishedPort');
    const replicas = member(service, 'Spec', 'Mode', 'Replicated', 'Replicas');
    if (typeof port !== 'number' || typeof replicas !== 'number' || replicas === 0) {
      throw new Error(
        `the service "${demoName}" has no port or no replicas; remove it first: cli/shoal service rm ${demoName}`,
      );
    }
    say(`The service "${demoName}" is there already`);
    return { port, replicas };
  }
  const port = await choosePort();
  const environment = ['-e', 'REPLICA={{.Task.Name}}', '-e', 'NODE_HOSTNAME={{.Node.Hostname}}'];
  const published = ['-p', `${String(port)}:${String(demoPort)}`];
  const name = ['--name', demoName, '--replicas', String(demoReplicas)];
  await shoal(settings, ['service', 'create', ...name, ...published, ...environment, demoImage]);
  return { port, replicas: demoReplicas };
}

async function choosePort(): Promise<number> {
  for (let port = preferredPort; port < preferredPort + portsTried; port += 1) {
    if (!(await isFreePort(port))) continue;
    if (port !== preferredPort)
      say(`Port ${String(preferredPort)} is taken; the demo gets ${String(port)}`);
    return port;
  }
  throw new Error(
    `no port from ${String(preferredPort)} to ${String(preferredPort + portsTried)} is free`,
  );
}

/** Asks until `replicas` different ones answered. @returns an answer of each */
async function awaitAnswers(port: number, replicas: number): Promise<readonly string[]> {
  const byReplica = new Map<string, string>();
  const deadlineMs = performance.now() + answerLimitMs;
  let problem: unknown;
  while (byReplica.size < replicas && performance.now() < deadlineMs) {
    try {
      const answer = await fetch(`http://127.0.0.1:${String(port)}/`, {
        signal: AbortSignal.timeout(5_000),
      });
      const line = (await answer.text()).trim();
      byReplica.set(line.split(' ', 1)[0] ?? '', line);
    } catch (error) {
      problem = error;
      await sleep(100);
    }
  }
  if (byReplica.size === 0) {
    throw new Error(`nothing answers on port ${String(port)}`, { cause: problem });
  }
  return [...byReplica.values()].toSorted();
}

async function stop(settings: Settings): Promise<void> {
  if (!existsSync(settings.dataRoot)) {
    say(`There is no data root ${settings.dataRoot}: nothing to stop`);
    return;
  }
  if (!(await isDaemonUp(settings))) {
    if (daemonPid(settings) !== undefined)
      throw new Error('the daemon runs and does not answer; try again in a moment');
    // Only a daemon can take away what its swarm left on the engine.
    await startDaemon(settings);
  }
  const info = await getJson(settings.socketPath, '/info');
  if (member(info, 'Swarm', 'LocalNodeState') !== 'inactive')
    await shoal(settings, ['leave', '--force']);
  await stopDaemon(settings);
  rmSync(settings.dataRoot, { recursive: true, force: true });
  say(`Stopped the daemon and removed ${settings.dataRoot}`);
}

/** Runs one `shoal` command in view of the user. @throws when it fails; it has said why */
async function shoal(settings: Settings, args: readonly string[]): Promise<void> {
  const program = join(settings.root, 'cli', 'shoal');
  say(`$ ${[commandName(settings), ...args.map(quoted)].join(' ')}`);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  const child = spawn(program, args, {
    env: settings.environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child.once('error', reject);
  child.once('exit', resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`"shoal ${args[0] ?? ''}" failed: see above`);
}

/** How `shoal` is called in the folder where the user is, with the socket unless it is the default one. */
function commandName(settings: Settings): string {
  const path = relative(
    process.env['INIT_CWD'] ?? process.cwd(),
    join(settings.root, 'cli', 'shoal'),
  );
  const isDefault = settings.socketPath === '/var/run/shoal.sock';
  return `${path.startsWith('.') ? path : `./${path}`}${isDefault ? '' : ` -H unix://${settings.socketPath}`}`;
}

function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word}'`;
}

function printNext(settings: Settings, port: number): void {
  const command = commandName(settings);
  const url = `http://localhost:${String(port)}`;
  const filter = `-f name=${demoName}.1.`;
  const lines: readonly (readonly [string, string])[] = [
    [`curl ${url}`, 'a few times: the replicas take turns'],
    [`${command} service ps ${demoName}`, 'the replicas, what they do, and what they did before'],
    [`${command} service scale ${demoName}=6`, 'more of them, or fewer'],
    [`curl ${url}/exit`, 'one replica ends; another takes its place'],
    [`docker rm -f $(docker ps -q ${filter})`, 'the same, the hard way'],
    [
      `kill -9 ${String(daemonPid(settings) ?? 'PID')}; curl ${url}`,
      'even without the daemon; npm start brings it back',
    ],
    [`${command} join-token worker`, 'what another machine needs to join'],
    [`${command} status`, 'all of it on one page'],
    [`docker -H unix://${settings.socketPath} service ls`, "Docker's own client works, too"],
    ['npm run stop', 'removes the demo, the swarm and the daemon'],
  ];
  const width = Math.max(...lines.map(([text]) => text.length));
  say('', `Try next, on ${hostname()}:`, '');
  say(...lines.map(([text, why]) => `    ${text.padEnd(width)}   # ${why}`), '');
}

function say(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

async function main(verb: string | undefined): Promise<number> {
  try {
    const settings = await readSettings(process.env);
    if (verb === 'stop') await stop(settings);
    else await start(settings);
    return 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const cause =
      error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    process.stderr.write(`\n*** ${reason}${cause}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv[2]);
