import { type ErrorCodeName, type ErrorFields, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { NodeFacts } from '../../common/ports/node-control.ts';

/** What the client gets: a status and Docker's words. */
export interface ErrorReply {
  readonly status: number;
  readonly message: string;
  /** Seconds after which the client may ask again; undefined when waiting does not help. */
  readonly retryAfterSeconds?: number;
}

/** What an answer depends on besides the error itself. */
type Situation = Pick<NodeFacts, 'swarmState' | 'controlAvailable'>;

type Row = (error: ShoalError, situation: Situation) => ErrorReply;

/** Names that gRPC gives to status codes: Docker hands on a manager's errors as `rpc error: code = X desc = …`, and tools look for it. */
type RpcCode =
  | 'AlreadyExists'
  | 'DeadlineExceeded'
  | 'FailedPrecondition'
  | 'InvalidArgument'
  | 'ResourceExhausted'
  | 'Unimplemented'
  | 'Unknown';

const noSwarm =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const onWorker =
  "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.";
const managerStarting =
  'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.';
const swarmLocked =
  'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.';
const alreadyInSwarm =
  'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.';
const noLeader =
  "The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.";
const joinGoesOn =
  'Timeout was reached before node joined. The attempt to join the swarm will continue in the background. Use the "docker info" command to see the current swarm status of your node.';
const leaveManager =
  'You are attempting to leave the swarm on a node that is participating as a manager. ';
const leaveLast =
  'Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ';
const leaveUncounted = 'Doing so may lose the consensus of your cluster. ';
const leaveOneOfMany =
  'The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.';

/** Status and words of every code: the only place where they are made. */
const rows: Readonly<Record<ErrorCodeName, Row>> = {
  // Docker answers a bad `tail` as a failure of its own.
  invalidArgument: (error) => ({
    status: error.fields['field'] === 'tail' ? 500 : 400,
    message: argumentText(error),
  }),
  invalidSpec: (error) => ({ status: 400, message: rpc('InvalidArgument', error.message) }),
  notFound: (error) => ({ status: 404, message: notFoundText(error) }),
  ambiguous: (error) => ({ status: 400, message: ambiguousText(error.fields) }),
  nameConflict: (error) => ({
    status: 409,
    message: rpc('AlreadyExists', takenText(error.fields)),
  }),
  portConflict: (error) => ({
    status: 400,
    message: rpc('InvalidArgument', portText(error.fields)),
  }),
  outOfSequence: () => ({ status: 500, message: rpc('Unknown', 'update out of sequence') }),
  conflict: (error) => ({ status: 409, message: error.message }),
  failedPrecondition: preconditionReply,
  // What never changes is a manager's own refusal, unlike what is not there yet.
  notImplemented: ({ message, fields: { immutable } }) => ({
    status: 501,
    message: immutable === undefined ? message : rpc('Unimplemented', message),
  }),
  permissionDenied: (error) => ({ status: 403, message: error.message }),
  unauthenticated: (error) => ({ status: 401, message: error.message }),
  unavailable: (error) => ({ status: 503, message: error.message, retryAfterSeconds: 1 }),
  notSwarmManager: (_, situation) => ({ status: 503, message: notManagerText(situation) }),
  notInSwarm: () => ({ status: 503, message: 'This node is not part of a swarm' }),
  alreadyInSwarm: () => ({ status: 503, message: alreadyInSwarm }),
  locked: () => ({ status: 503, message: swarmLocked }),
  notLeader: () => ({ status: 500, message: rpc('Unknown', noLeader) }),
  lostQuorum: () => ({ status: 500, message: rpc('Unknown', noLeader) }),
  unknownOutcome: (error) => ({ status: 500, message: rpc('Unknown', error.message) }),
  tooBusy: (error) => ({
    status: 503,
    message: rpc('ResourceExhausted', error.message),
    retryAfterSeconds: 1,
  }),
  diskFull: (error) => ({ status: 507, message: error.message }),
  limitExceeded: limitReply,
  levelTooLow: (error) => ({ status: 400, message: rpc('FailedPrecondition', error.message) }),
  timeout: ({ fields: { reason } }) =>
    reason === 'join'
      ? { status: 503, message: joinGoesOn }
      : { status: 500, message: rpc('DeadlineExceeded', 'context deadline exceeded') },
  cancelled: () => ({ status: 500, message: 'context canceled' }),
  engineUnavailable: (error) => ({ status: 503, message: error.message }),
  engineRefused: (error) => ({ status: 500, message: error.message }),
  storageFailed: (error) => ({ status: 500, message: error.message }),
  corrupt: (error) => ({ status: 500, message: error.message }),
  dataRootInUse: (error) => ({ status: 500, message: error.message }),
  dataRootTooNew: (error) => ({ status: 500, message: error.message }),
  internal: (error) => ({ status: 500, message: error.message }),
};

/** The answer to a failure. @param situation where this node stands with a swarm. */
export function errorReply(error: ShoalError, situation: Situation): ErrorReply {
  return rows[error.code](error, situation);
}

/** What ends a stream of logs that lacks some. @param reasons what is missing and why. */
export function incompleteLogs(reasons: readonly string[]): ShoalError {
  const text = `warning: incomplete log stream. some logs could not be retrieved for the following reasons: ${reasons.join(', ')}`;
  return new ShoalError('internal', rpc('Unknown', text));
}

function rpc(code: RpcCode, text: string): string {
  return `rpc error: code = ${code} desc = ${text}`;
}

function argumentText({ message, fields }: ShoalError): string {
  const { field, syntax, expected, found, noun, value, filter, clientVersion } = fields;
  if (clientVersion !== undefined) return versionText(fields);
  if (syntax !== undefined) return `invalid JSON: ${syntax}`;
  if (expected !== undefined) {
    const where = field === undefined || field === '' ? 'body' : field;
    return `invalid JSON: ${where}: expected ${expected}, found ${found}`;
  }
  if (noun?.toString().startsWith('update ')) return `unrecognized ${noun} ${String(value)}`;
  if (noun !== undefined) return `invalid ${noun}: ${JSON.stringify(value)}`;
  if (filter !== undefined && value === undefined) return `invalid filter '${filter}'`;
  return message;
}

function versionText({ clientVersion, minimum, maximum }: ErrorFields): string {
  if (minimum !== undefined) {
    return `client version ${clientVersion} is too old. Minimum supported API version is ${minimum}, please upgrade your client to a newer version`;
  }
  return `client version ${clientVersion} is too new. Maximum supported API version is ${maximum}`;
}

function notFoundText({ message, fields: { kind, ref } }: ShoalError): string {
  return kind === undefined ? message : `${kind} ${ref} not found`;
}

function ambiguousText({ kind, ref, matches }: ErrorFields): string {
  return `${kind} ${ref} is ambiguous (${matches} matches found)`;
}

function takenText({ kind, name }: ErrorFields): string {
  if (kind === 'network') return `network with name ${name} already exists`;
  return `name conflicts with an existing object: ${kind} ${name} already exists`;
}

function portText({ port, service, id, mode }: ErrorFields): string {
  const how = mode === 'host' ? 'a host-published port' : 'an ingress port';
  return `port '${port}' is already in use by service '${service}' (${id}) as ${how}`;
}

function preconditionReply({ message, fields }: ShoalError): ErrorReply {
  if (fields['managers'] !== undefined)
    return { status: 503, message: leaveManager + leaveText(fields) };
  return { status: 400, message: rpc('FailedPrecondition', preconditionText(message, fields)) };
}

function preconditionText(message: string, { service, node, state }: ErrorFields): string {
  if (service !== undefined) return `service ${service} does not have a previous spec`;
  if (state === 'up') return `node ${node} is not down and can't be removed`;
  if (state === 'manager')
    return `node ${node} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal`;
  return message;
}

/** What a manager that leaves does to the swarm, as far as the numbers are known. */
function leaveText({ managers, reachable }: ErrorFields): string {
  const [all, answering] = [Number(managers), Number(reachable ?? 0)];
  if (all === 1) return leaveLast;
  if (answering === 0) return leaveUncounted + leaveOneOfMany;
  const losesQuorum = answering - 2 <= all - answering;
  if (!losesQuorum) return leaveOneOfMany;
  return `Removing this node leaves ${String(answering - 1)} managers out of ${String(all)}. Without a Raft quorum your swarm will be inaccessible. ${leaveOneOfMany}`;
}

function limitReply({ message, fields: { field } }: ShoalError): ErrorReply {
  if (field !== 'body') return { status: 400, message };
  return { status: 413, message: `request body is larger than ${limits.apiBodyBytes} bytes` };
}

function notManagerText({ swarmState, controlAvailable }: Situation): string {
  switch (swarmState) {
    case 'inactive':
      return noSwarm;
    case 'locked':
      return swarmLocked;
    case 'active':
      return controlAvailable ? managerStarting : onWorker;
    case 'pending':
    case 'error':
      return managerStarting;
  }
}
