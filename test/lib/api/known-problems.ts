import type { Problem } from './definitions.ts';

/** Where the published definitions and what swarm mode answers are not the same, or cannot be. */
export interface KnownProblem {
  readonly route: RegExp;
  /** Undefined = any. */
  readonly status?: number;
  /** Of the JSON pointer. */
  readonly at: RegExp;
  readonly text: string;
  readonly reason: string;
}

const notDefined = 'field is not defined';
const noStatus = 'status is not defined';
const nowhere = /^$/;
const services = /^GET \/services/;
const tasks = /^GET \/tasks/;

/** Answers of Shoal's own making. */
export const knownProblems: readonly KnownProblem[] = [
  {
    route: /./,
    status: 501,
    at: nowhere,
    text: noStatus,
    reason: 'what is not there yet, by its name',
  },
  {
    route: /^GET \/(?:nodes|services|tasks|secrets|configs|networks)/,
    status: 400,
    at: nowhere,
    text: noStatus,
    reason: 'swarm mode refuses filters, flags and streams of logs that it does not know like this',
  },
  {
    route: /^DELETE \/nodes\/\{id\}$/,
    status: 400,
    at: nowhere,
    text: noStatus,
    reason: 'swarm mode refuses to remove managers, and nodes that are not down, like this',
  },
  {
    route: /^POST \/swarm\/unlock$/,
    status: 409,
    at: nowhere,
    text: noStatus,
    reason: 'so swarm mode says that nothing is locked',
  },
  {
    route: /^GET \/events$/,
    at: /^\/Type$/,
    text: 'must be equal to one of the allowed values',
    reason: 'events of tasks are of Shoal alone, so that nobody has to poll',
  },
  {
    route: services,
    at: /PreviousSpec$/,
    text: notDefined,
    reason: 'swarm mode has it, the definitions have not',
  },
  {
    route: services,
    at: /UpdateStatus\/State$/,
    text: 'must be equal to one of the allowed values',
    reason: 'the definitions lack the states of a rollback',
  },
  {
    route: /^GET \/(?:services|tasks)/,
    at: /ContainerSpec\/Healthcheck$/,
    text: notDefined,
    reason: 'the definitions write HealthCheck, swarm mode and all clients Healthcheck',
  },
  {
    route: tasks,
    at: /NetworksAttachments\/\*\/Network\/(?:ID|Version|CreatedAt|UpdatedAt|Spec|DriverState|IPAMOptions)$/,
    text: notDefined,
    reason: "the definitions' example has the network, their schema only its name",
  },
  {
    route: /^POST \/services\/\{id\}\/update$/,
    at: /Warnings$/,
    text: 'must be array',
    reason: 'no warnings are null, as in swarm mode',
  },
  {
    route: /^GET \/networks/,
    at: /\/Containers$/,
    text: notDefined,
    reason: 'swarm mode shows it in the list, too',
  },
  {
    route: /^GET \/networks/,
    at: /IPAM\/Options$/,
    text: 'must be object',
    reason: 'no options are null, as in swarm mode',
  },
  {
    route: /^GET \/info$/,
    at: /^\/(?:Plugins\/Authorization|GenericResources|Warnings)$/,
    text: 'must be array',
    reason: 'an empty list is null, as the engine has it',
  },
  {
    route: /^GET \/info$/,
    at: /^\/(?:BridgeNfIptables|BridgeNfIp6tables)$/,
    text: notDefined,
    reason: 'gone from the definitions; clients up to 28 read it',
  },
];

/** What engines of the versions in use answer beyond the definitions, which Shoal hands on; and what stands for their silence. */
export const knownOfEngines: readonly KnownProblem[] = [
  {
    route: /^GET \/distribution/,
    status: 503,
    at: nowhere,
    text: noStatus,
    reason: 'a registry that does not answer in time',
  },
  {
    route: /^GET \/events$/,
    at: /^\/(?:status|id|from)$/,
    text: notDefined,
    reason: 'in events of containers until API 1.51',
  },
  {
    route: /^GET \/info$/,
    at: /^\/(?:KernelMemory|KernelMemoryTCP|(?:Containerd|Runc|Init)Commit\/Expected|RegistryConfig\/AllowNondistributable\w+)$/,
    text: notDefined,
    reason: 'engines up to 27 have it',
  },
];

/** Those of `problems` that nobody knows yet, as text, each once. */
export function unknownProblems(
  problems: readonly Problem[],
  known: readonly KnownProblem[],
): readonly string[] {
  const unknown = problems.filter((problem) => !known.some((one) => isKnown(problem, one)));
  return [
    ...new Set(unknown.map(({ route, status, at, text }) => `${route} ${status} ${at}: ${text}`)),
  ].sort();
}

/** Those of `known` that none of `problems` is: they can go. */
export function unusedKnown(
  problems: readonly Problem[],
  known: readonly KnownProblem[],
): readonly KnownProblem[] {
  return known.filter((one) => !problems.some((problem) => isKnown(problem, one)));
}

function isKnown({ route, status, at, text }: Problem, known: KnownProblem): boolean {
  const isStatus = known.status === undefined || known.status === status;
  return isStatus && known.route.test(route) && known.at.test(at) && known.text === text;
}
