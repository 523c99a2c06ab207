import { hostname as machineHostname } from 'node:os';
import { isAbsolute, resolve } from 'node:path';

import type { LogLevel } from '../../common/ports/log.ts';
import { ShoalError } from '../../common/pure/errors.ts';

/** Exit code of a daemon that was started with flags or variables it cannot use. */
export const configErrorExitCode = 2;

/** Where the daemon listens or connects on a TCP address. Port 0 lets the kernel choose one. */
export interface TcpAddress {
  /** An IP address (without brackets) or a host name. */
  readonly host: string;
  readonly port: number;
}

/** What `shoal daemon` was told once at its start. Cluster-wide settings live in the cluster object instead. */
export interface DaemonConfig {
  /** Absolute path of the folder that holds everything this node must not forget. */
  readonly dataRoot: string;
  /** Absolute path of the unix socket on which the API is served. */
  readonly hostSocket: string;
  /** Absolute path of the unix socket of the node's Docker Engine. */
  readonly engineSocket: string;
  /** Name under which the node shows itself to the cluster. */
  readonly hostname: string;
  /** Where metrics are served. */
  readonly metricsAddr: TcpAddress;
  readonly logLevel: LogLevel;
}

/** What a parser needs to say what is wrong, and with which flag or variable. */
interface Given {
  readonly text: string;
  /** `--host` or `SHOAL_HOST`, whichever the value came from. */
  readonly name: string;
}

interface OptionFacts {
  readonly variable: string;
  /** Placeholder of the value in help. */
  readonly value: string;
  readonly fallback: string;
  readonly help: string;
}

const options = {
  '--data-root': {
    variable: 'SHOAL_DATA_ROOT',
    value: 'DIR',
    fallback: '/var/lib/shoal',
    help: 'Folder of all state. A wrong one starts an empty node: its swarm is not seen',
  },
  '--host': {
    variable: 'SHOAL_HOST',
    value: 'unix://PATH',
    fallback: 'unix:///var/run/shoal.sock',
    help: 'Socket of the API. Clients must name the same one',
  },
  '--engine': {
    variable: 'SHOAL_ENGINE',
    value: 'unix://PATH',
    fallback: 'unix:///var/run/docker.sock',
    help: 'Socket of the Docker Engine. A wrong one shows the node as down',
  },
  '--hostname': {
    variable: 'SHOAL_HOSTNAME',
    value: 'NAME',
    fallback: '',
    help: 'Name of this node in the cluster; the name of the machine unless given',
  },
  '--metrics-addr': {
    variable: 'SHOAL_METRICS_ADDR',
    value: 'ADDR:PORT',
    fallback: '127.0.0.1:9323',
    help: 'Where Prometheus reads. Port 0 takes a free one. Anyone who reaches it can read it',
  },
  '--log-level': {
    variable: 'SHOAL_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'info',
    help: 'error, warn, info or debug. "debug" writes several lines for each task',
  },
} as const satisfies Record<string, OptionFacts>;

type FlagName = keyof typeof options;

const flagNames = Object.keys(options) as readonly FlagName[];

/** Longest path that fits the kernel's address of a unix socket, in bytes (108 with its closing zero). */
const socketPathBytesMax = 107;

/** True when `argv` asks for help instead of a daemon. */
export function isHelpRequested(argv: readonly string[]): boolean {
  return argv.includes('--help') || argv.includes('-h');
}

/** What `shoal daemon --help` prints. */
export const daemonHelp: string = [
  'Usage: shoal daemon [options]',
  '',
  'Runs this machine as a node: serves the API, drives the local Docker Engine, and is a manager',
  'while the node holds that role. SIGTERM stops it; containers keep running.',
  '',
  'Options (each also as a variable; a flag wins):',
  ...flagNames.flatMap((flag) => helpLines(flag, options[flag])),
  '  -h, --help',
  '',
  'Variables read by the launcher:',
  '  SHOAL_HEAP_MB            Limit of the heap in MiB (default 4096)',
  '  UV_THREADPOOL_SIZE       Threads for disk and names (default 16)',
  '',
  `Exit codes: 0 stopped when asked, 1 failed, ${String(configErrorExitCode)} wrong options.`,
  '',
].join('\n');

/**
 * Reads the daemon's options: flag first, then variable, then default. An empty variable counts as not set.
 *
 * @param argv what follows `shoal daemon`.
 * @param defaultHostname the node's name unless one is given.
 * @returns a frozen object; paths in it are absolute.
 * @throws ShoalError `invalidArgument` whose message names the flag and what to give instead; exit with `configErrorExitCode`.
 */
export function parseDaemonConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  defaultHostname: string = machineHostname(),
): DaemonConfig {
  const flags = readFlags(argv);
  const give = (flag: FlagName): Given => giveValue(flag, flags, env);
  return Object.freeze({
    dataRoot: parseDirectory(give('--data-root')),
    hostSocket: parseSocket(give('--host')),
    engineSocket: parseSocket(give('--engine')),
    hostname: parseHostname(give('--hostname'), defaultHostname),
    metricsAddr: parseAddress(give('--metrics-addr')),
    logLevel: parseLogLevel(give('--log-level')),
  });
}

function helpLines(flag: FlagName, facts: OptionFacts): string[] {
  const fallback = facts.fallback === '' ? '' : ` (default ${facts.fallback})`;
  return [`  ${flag} ${facts.value}`, `      ${facts.variable}${fallback}`, `      ${facts.help}`];
}

function readFlags(argv: readonly string[]): ReadonlyMap<FlagName, string> {
  const found = new Map<FlagName, string>();
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    if (!isFlagName(name)) throw refusal(name, unknownWordText(word));
    if (found.has(name)) throw refusal(name, `${name} is given twice; give it once`);
    if (equals === -1) index += 1;
    found.set(name, equals === -1 ? takeValue(name, argv[index]) : word.slice(equals + 1));
  }
  return found;
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(options, name);
}

function takeValue(flag: FlagName, word: string | undefined): string {
  const missing = word === undefined || isFlagName(word);
  if (missing) {
    throw refusal(flag, `${flag} has no value; write ${flag} ${options[flag].value}`);
  }
  return word;
}

function unknownWordText(word: string): string {
  const known = `known are ${flagNames.join(', ')}`;
  if (word.startsWith('-')) return `unknown option ${word}; ${known}`;
  return `unexpected argument "${word}"; the daemon takes options only: ${known}`;
}

function giveValue(
  flag: FlagName,
  flags: ReadonlyMap<FlagName, string>,
  env: Readonly<Record<string, string | undefined>>,
): Given {
  const text = flags.get(flag);
  if (text !== undefined) return { text, name: flag };
  const { variable, fallback } = options[flag];
  const fromVariable = env[variable] ?? '';
  return fromVariable === ''
    ? { text: fallback, name: flag }
    : { text: fromVariable, name: variable };
}

function parseDirectory({ text, name }: Given): string {
  if (text === '' || text.includes('\0')) {
    throw refusal(name, `${name} is not a folder; give a path such as /var/lib/shoal`);
  }
  return resolve(text);
}

function parseSocket({ text, name }: Given): string {
  const scheme = 'unix://';
  if (!text.startsWith(scheme)) {
    throw refusal(name, `${name} "${text}" is not a unix socket; give unix:///path/to/socket`);
  }
  const path = text.slice(scheme.length);
  if (!isAbsolute(path) || path.endsWith('/') || path.includes('\0')) {
    throw refusal(
      name,
      `${name} "${text}" has no absolute path; give three slashes: unix:///path/to/socket`,
    );
  }
  if (new TextEncoder().encode(path).length > socketPathBytesMax) {
    const limit = String(socketPathBytesMax);
    throw refusal(name, `${name} has a path longer than ${limit} bytes; give a shorter one`);
  }
  return resolve(path);
}

function parseHostname({ text, name }: Given, defaultHostname: string): string {
  const hostname = text === '' ? defaultHostname : text;
  const isName = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(hostname);
  if (!isName || hostname.length > 253) {
    throw refusal(
      name,
      `${name} "${hostname}" is not a host name; give letters, digits, "-", "_" and ".", at most 253 characters`,
    );
  }
  return hostname;
}

function parseAddress({ text, name }: Given): TcpAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw refusal(
      name,
      `${name} "${text}" is not an address with a port up to 65535; give ADDR:PORT such as 127.0.0.1:9323 or [::1]:9323`,
    );
  }
  return Object.freeze({ host, port });
}

const logLevels: readonly string[] = ['error', 'warn', 'info', 'debug'] satisfies LogLevel[];

function isLogLevel(text: string): text is LogLevel {
  return logLevels.includes(text);
}

function parseLogLevel({ text, name }: Given): LogLevel {
  if (isLogLevel(text)) return text;
  throw refusal(name, `${name} "${text}" is not a log level; give one of ${logLevels.join(', ')}`);
}

function refusal(option: string, message: string): ShoalError {
  return new ShoalError('invalidArgument', message, { fields: { option } });
}
