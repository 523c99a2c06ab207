import { limits } from '../../../common/pure/limits.ts';
import { usageError } from '../context.ts';
import { parseMount } from './mount.ts';
import { parsePublish } from './publish.ts';
import { parseCount } from './quantities.ts';
import {
  containerFields,
  type Draft,
  draft,
  draftIfAny,
  given,
  healthFields,
  limitFields,
  maxPerNode,
  reservationFields,
  restartFields,
  rollbackFields,
  type TemplateFlags,
  updateDefaults,
  updateFields,
} from './template.ts';
import { parseEnv, parsePairs } from './words.ts';

/** The flags of `service create` as they were written; lists hold every use of a flag. */
export interface ServiceFlags extends TemplateFlags {
  readonly name?: string;
  /** `replicated`, which is the default, or `global`. */
  readonly mode?: string;
  readonly replicas?: string;
  readonly publish?: readonly string[];
  readonly env?: readonly string[];
  readonly label?: readonly string[];
  readonly containerLabel?: readonly string[];
  readonly constraint?: readonly string[];
  readonly mount?: readonly string[];
}

/** What the builder of a spec needs besides flags. */
export interface ServiceCommandLine {
  readonly flags: ServiceFlags;
  readonly image: string;
  /** What follows the image: handed to the container's entry point. */
  readonly args: readonly string[];
  readonly variable: (name: string) => string | undefined;
}

/**
 * Builds the spec of a service for the API. What was not given is left out: the daemon knows the defaults.
 * @throws CliError with the exit code for usage, naming the flag.
 */
export function buildServiceSpec(line: ServiceCommandLine): Draft {
  const { flags, image } = line;
  if (image === '') throw usageError('the image is empty; give one such as nginx:1.27');
  return draft({
    Name: flags.name,
    Labels: parsePairs('--label', flags.label ?? []),
    TaskTemplate: draft({
      ContainerSpec: buildContainer(line),
      Resources: draftIfAny({
        Limits: limitFields(flags),
        Reservations: reservationFields(flags),
      }),
      RestartPolicy: restartFields(flags),
      Placement: draftIfAny({ Constraints: flags.constraint, MaxReplicas: maxPerNode(flags) }),
    }),
    Mode: buildMode(flags),
    UpdateConfig: given(updateFields(flags), (fields) => ({ ...updateDefaults, ...fields })),
    RollbackConfig: given(rollbackFields(flags), (fields) => ({ ...updateDefaults, ...fields })),
    EndpointSpec: { Mode: 'vip', Ports: (flags.publish ?? []).flatMap(parsePublish) },
  });
}

function buildMode(flags: ServiceFlags): Draft {
  const Replicas = given(flags.replicas, (text) =>
    parseCount('--replicas', text, limits.serviceReplicas),
  );
  if (flags.mode !== 'global') return { Replicated: draft({ Replicas }) };
  if (Replicas === undefined) return { Global: {} };
  throw usageError('--replicas conflicts with --mode global, which runs one task on each node');
}

function buildContainer({ flags, image, args, variable }: ServiceCommandLine): Draft {
  const health = healthFields(flags);
  return draft({
    Image: image,
    Labels: given(flags.containerLabel, (words) => parsePairs('--container-label', words)),
    Args: args.length === 0 ? undefined : args,
    Env: given(flags.env, (words) => parseEnv(words, variable)),
    Mounts: given(flags.mount, (words) => words.map(parseMount)),
    Healthcheck: health === 'none' ? { Test: ['NONE'] } : health,
    ...containerFields(flags),
  });
}
