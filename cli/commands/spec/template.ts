import { usageError } from '../context.ts';
import {
  parseCount,
  parseDurationNanoseconds,
  parseMemoryBytes,
  parseNanoCpus,
  parseRatio,
} from './quantities.ts';
import { splitWords } from './words.ts';

/** Flags that mean the same when a service is created and when it is updated: each sets one field. */
export interface TemplateFlags extends PolicyFlags {
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
  readonly limitCpu?: string;
  readonly limitMemory?: string;
  readonly reserveCpu?: string;
  readonly reserveMemory?: string;
  readonly replicasMaxPerNode?: string;
}

/** Flags about restarts and about how tasks are replaced. */
interface PolicyFlags {
  readonly restartCondition?: string;
  readonly restartDelay?: string;
  readonly restartMaxAttempts?: string;
  readonly restartWindow?: string;
  readonly updateParallelism?: string;
  readonly updateDelay?: string;
  readonly updateOrder?: string;
  readonly updateFailureAction?: string;
  readonly updateMonitor?: string;
  readonly updateMaxFailureRatio?: string;
  readonly rollbackParallelism?: string;
  readonly rollbackDelay?: string;
  readonly rollbackOrder?: string;
  readonly rollbackFailureAction?: string;
  readonly rollbackMonitor?: string;
  readonly rollbackMaxFailureRatio?: string;
}

/** A part of a spec: fields that are `undefined` are left out. */
export type Draft = Readonly<Record<string, unknown>>;

/** `fields` without those that are `undefined`. */
export function draft(fields: Draft): Draft {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Like `draft`, but nothing at all if no field is left. */
export function draftIfAny(fields: Draft): Draft | undefined {
  const left = draft(fields);
  return Object.keys(left).length === 0 ? undefined : left;
}

/** What `read` makes of a flag that was given. */
export function given<Flag, Value>(
  flag: Flag | undefined,
  read: (value: Flag) => Value,
): Value | undefined {
  return flag === undefined ? undefined : read(flag);
}

/** The fields of the container spec that single flags set. */
export function containerFields(flags: TemplateFlags): Draft {
  return draft({
    Command: given(flags.entrypoint, (text) => splitWords('--entrypoint', text)),
    Hostname: flags.hostname,
    Dir: flags.workdir,
    User: flags.user,
    Init: flags.init,
    StopSignal: flags.stopSignal,
    StopGracePeriod: duration('--stop-grace-period', flags.stopGracePeriod),
    TTY: flags.tty,
    ReadOnly: flags.readOnly,
  });
}

/**
 * The fields of the health check.
 * @returns `none` for `--no-healthcheck`; `undefined` if no flag speaks of it.
 */
export function healthFields(flags: TemplateFlags): Draft | 'none' | undefined {
  const check = draftIfAny({
    Test: given(flags.healthCmd, (command) => ['CMD-SHELL', command]),
    Interval: duration('--health-interval', flags.healthInterval),
    Timeout: duration('--health-timeout', flags.healthTimeout),
    Retries: count('--health-retries', flags.healthRetries),
    StartPeriod: duration('--health-start-period', flags.healthStartPeriod),
    StartInterval: duration('--health-start-interval', flags.healthStartInterval),
  });
  if (flags.healthcheck !== false) return check;
  if (check === undefined) return 'none';
  throw usageError('--no-healthcheck conflicts with --health-* options');
}

/** The fields of `Resources.Limits`. */
export function limitFields(flags: TemplateFlags): Draft | undefined {
  return draftIfAny({
    NanoCPUs: given(flags.limitCpu, (text) => parseNanoCpus('--limit-cpu', text)),
    MemoryBytes: given(flags.limitMemory, (text) => parseMemoryBytes('--limit-memory', text)),
  });
}

/** The fields of `Resources.Reservations`. */
export function reservationFields(flags: TemplateFlags): Draft | undefined {
  return draftIfAny({
    NanoCPUs: given(flags.reserveCpu, (text) => parseNanoCpus('--reserve-cpu', text)),
    MemoryBytes: given(flags.reserveMemory, (text) => parseMemoryBytes('--reserve-memory', text)),
  });
}

/** The fields of `RestartPolicy`. */
export function restartFields(flags: TemplateFlags): Draft | undefined {
  return draftIfAny({
    Condition: choice('--restart-condition', flags.restartCondition, ['none', 'on-failure', 'any']),
    Delay: duration('--restart-delay', flags.restartDelay),
    MaxAttempts: count('--restart-max-attempts', flags.restartMaxAttempts),
    Window: duration('--restart-window', flags.restartWindow),
  });
}

/** What holds of `UpdateConfig` and `RollbackConfig` where only some of their fields were ever given. Docker's defaults. */
export const updateDefaults: Draft = {
  Parallelism: 1,
  FailureAction: 'pause',
  Monitor: 5_000_000_000,
  MaxFailureRatio: 0,
  Order: 'stop-first',
};

const orders: readonly string[] = ['start-first', 'stop-first'];

/** The fields of `UpdateConfig`. */
export function updateFields(flags: TemplateFlags): Draft | undefined {
  const actions = ['pause', 'continue', 'rollback'];
  return draftIfAny({
    Parallelism: count('--update-parallelism', flags.updateParallelism),
    Delay: duration('--update-delay', flags.updateDelay),
    FailureAction: choice('--update-failure-action', flags.updateFailureAction, actions),
    Monitor: duration('--update-monitor', flags.updateMonitor),
    MaxFailureRatio: ratio('--update-max-failure-ratio', flags.updateMaxFailureRatio),
    Order: choice('--update-order', flags.updateOrder, orders),
  });
}

/** The fields of `RollbackConfig`. */
export function rollbackFields(flags: TemplateFlags): Draft | undefined {
  const actions = ['pause', 'continue'];
  return draftIfAny({
    Parallelism: count('--rollback-parallelism', flags.rollbackParallelism),
    Delay: duration('--rollback-delay', flags.rollbackDelay),
    FailureAction: choice('--rollback-failure-action', flags.rollbackFailureAction, actions),
    Monitor: duration('--rollback-monitor', flags.rollbackMonitor),
    MaxFailureRatio: ratio('--rollback-max-failure-ratio', flags.rollbackMaxFailureRatio),
    Order: choice('--rollback-order', flags.rollbackOrder, orders),
  });
}

/** Tasks of one service on one node; 0 without a bound. */
export function maxPerNode(flags: TemplateFlags): number | undefined {
  return count('--replicas-max-per-node', flags.replicasMaxPerNode);
}

function choice(
  flag: string,
  text: string | undefined,
  choices: readonly string[],
): string | undefined {
  if (text === undefined || choices.includes(text)) return text;
  throw usageError(`${flag} "${text}" is unknown; give one of ${choices.join(', ')}`);
}

function duration(flag: string, text: string | undefined): number | undefined {
  return given(text, (value) => parseDurationNanoseconds(flag, value));
}

function count(flag: string, text: string | undefined): number | undefined {
  return given(text, (value) => parseCount(flag, value, 2 ** 31 - 1));
}

function ratio(flag: string, text: string | undefined): number | undefined {
  return given(text, (value) => parseRatio(flag, value));
}
