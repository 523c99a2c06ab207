import { limits } from '../../../common/pure/limits.ts';
import { usageError } from '../context.ts';
import { parseMount } from './mount.ts';
import { parsePublish } from './publish.ts';
import {
  parseCount,
  parseDurationNanoseconds,
  parseMemoryBytes,
  parseNanoCpus,
} from './quantities.ts';
import { parseEnv, parsePairs, splitWords } from './words.ts';

/** The flags of `service create` as they were written; lists hold every use of a flag. */
export interface ServiceFlags {
  readonly name?: string;
  readonly replicas?: string;
  readonly publish?: readonly string[];
  readonly env?: readonly string[];
  readonly label?: readonly string[];
  readonly containerLabel?: readonly string[];
  readonly constraint?: readonly string[];
  readonly mount?: readonly string[];
  readonly entrypoint?: string;
  readonly workdir?: string;
  readonly user?: string;
  readonly hostname?: string;
  readonly tty?: boolean;
  readonly init?: boolean;
  readonly readOnly?: boolean;
  readonly stopGracePeriod?: string;
  readonly stopSignal?: string;
  readonly healthCmd?: string;
  readonly healthInterval?: string;
  readonly healthTimeout?: string;
  readonly healthRetries?: string;
  readonly healthStartPeriod?: string;
  readonly healthStartInterval?: string;
  /** False for `--no-healthcheck`. */
  readonly healthcheck?: boolean;
  readonly restartCondition?: string;
  readonly restartDelay?: string;
  readonly restartMaxAttempts?: string;
  readonly restartWindow?: string;
  readonly limitCpu?: string;
  readonly limitMemory?: string;
}

/** What the builder of a spec needs besides flags. */
export interface ServiceCommandLine {
  readonly flags: ServiceFlags;
  readonly image: string;
  /** What follows the image: handed to the container's entry point. */
  readonly args: readonly string[];
  readonly variable: (name: string) => string | undefined;
}

/** A part of a spec under construction: fields that are `undefined` are left out. */
type Draft = Readonly<Record<string, unknown>>;

/**
 * Builds the spec of a replicated service for the API. What was not given is left out: the daemon knows the defaults.
 * @throws CliError with the exit code for usage, naming the flag.
 */
export function buildServiceSpec(line: ServiceCommandLine): Draft {
  const { flags, image } = line;
  if (image === '') throw usageError('the image is empty; give one such as nginx:1.27');
  const replicas = given(flags.replicas, (text) =>
    parseCount('--replicas', text, limits.serviceReplicas),
  );
  return draft({
    Name: flags.name,
    Labels: parsePairs('--label', flags.label ?? []),
    TaskTemplate: draft({
      ContainerSpec: buildContainer(line),
      Resources: buildResources(flags),
      RestartPolicy: buildRestartPolicy(flags),
      Placement: flags.constraint === undefined ? undefined : { Constraints: flags.constraint },
    }),
    Mode: { Replicated: draft({ Replicas: replicas }) },
    EndpointSpec: { Mode: 'vip', Ports: (flags.publish ?? []).flatMap(parsePublish) },
  });
}

function buildContainer({ flags, image, args, variable }: ServiceCommandLine): Draft {
  return draft({
    Image: image,
    Labels: given(flags.containerLabel, (words) => parsePairs('--container-label', words)),
    Command: given(flags.entrypoint, (text) => splitWords('--entrypoint', text)),
    Args: args.length === 0 ? undefined : args,
    Hostname: flags.hostname,
    Env: given(flags.env, (words) => parseEnv(words, variable)),
    Dir: flags.workdir,
    User: flags.user,
    Init: flags.init,
    StopSignal: flags.stopSignal,
    StopGracePeriod: duration('--stop-grace-period', flags.stopGracePeriod),
    TTY: flags.tty,
    ReadOnly: flags.readOnly,
    Mounts: given(flags.mount, (words) => words.map(parseMount)),
    Healthcheck: buildHealthcheck(flags),
  });
}

function buildHealthcheck(flags: ServiceFlags): Draft | undefined {
  const check = draft({
    Test: given(flags.healthCmd, (command) => ['CMD-SHELL', command]),
    Interval: duration('--health-interval', flags.healthInterval),
    Timeout: duration('--health-timeout', flags.healthTimeout),
    Retries: count('--health-retries', flags.healthRetries),
    StartPeriod: duration('--health-start-period', flags.healthStartPeriod),
    StartInterval: duration('--health-start-interval', flags.healthStartInterval),
  });
  const isGiven = Object.keys(check).length > 0;
  if (flags.healthcheck !== false) return isGiven ? check : undefined;
  if (isGiven) throw usageError('--no-healthcheck conflicts with --health-* options');
  return { Test: ['NONE'] };
}

function buildResources(flags: ServiceFlags): Draft | undefined {
  const Limits = draft({
    NanoCPUs: given(flags.limitCpu, (text) => parseNanoCpus('--limit-cpu', text)),
    MemoryBytes: given(flags.limitMemory, (text) => parseMemoryBytes('--limit-memory', text)),
  });
  return Object.keys(Limits).length === 0 ? undefined : { Limits };
}

const restartConditions: readonly string[] = ['none', 'on-failure', 'any'];

function buildRestartPolicy(flags: ServiceFlags): Draft | undefined {
  const policy = draft({
    Condition: given(flags.restartCondition, (text) => {
      if (restartConditions.includes(text)) return text;
      const known = restartConditions.join(', ');
      throw usageError(`--restart-condition "${text}" is unknown; give one of ${known}`);
    }),
    Delay: duration('--restart-delay', flags.restartDelay),
    MaxAttempts: count('--restart-max-attempts', flags.restartMaxAttempts),
    Window: duration('--restart-window', flags.restartWindow),
  });
  return Object.keys(policy).length === 0 ? undefined : policy;
}

function duration(flag: string, text: string | undefined): number | undefined {
  return given(text, (value) => parseDurationNanoseconds(flag, value));
}

function count(flag: string, text: string | undefined): number | undefined {
  return given(text, (value) => parseCount(flag, value, 2 ** 31 - 1));
}

function given<Flag, Value>(
  flag: Flag | undefined,
  read: (value: Flag) => Value,
): Value | undefined {
  return flag === undefined ? undefined : read(flag);
}

function draft(fields: Draft): Draft {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
