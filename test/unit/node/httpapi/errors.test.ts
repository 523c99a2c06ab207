// Tools look for Docker's words: every failure of the cluster, row by row, as the status and text that a client gets.
import { describe, expect, test } from 'vitest';

import {
  ErrorCode,
  type ErrorCodeName,
  type ErrorFields,
  ShoalError,
} from '../../../../common/pure/errors.ts';
import type { SwarmState } from '../../../../common/ports/node-control.ts';
import { errorReply } from '../../../../node/httpapi/errors.ts';

interface Row {
  readonly code: ErrorCodeName;
  readonly message?: string;
  readonly fields?: ErrorFields;
  readonly state?: SwarmState;
  readonly isManager?: boolean;
  readonly status: number;
  readonly text: string;
}

const noLeader =
  "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.";
const starting =
  'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.';
const locked =
  'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.';

const rows: readonly Row[] = [
  {
    code: 'notFound',
    fields: { kind: 'service', ref: 'web' },
    status: 404,
    text: 'service web not found',
  },
  {
    code: 'notFound',
    fields: { kind: 'network', ref: 'x' },
    status: 404,
    text: 'network x not found',
  },
  {
    code: 'notFound',
    message: 'the cluster has no authority',
    status: 404,
    text: 'the cluster has no authority',
  },
  {
    code: 'ambiguous',
    fields: { kind: 'service', ref: 'a', matches: 2 },
    status: 400,
    text: 'service a is ambiguous (2 matches found)',
  },
  {
    code: 'nameConflict',
    fields: { kind: 'service', name: 'web', id: 'i' },
    status: 409,
    text: 'rpc error: code = AlreadyExists desc = name conflicts with an existing object: service web already exists',
  },
  {
    code: 'nameConflict',
    fields: { kind: 'network', name: 'n', id: 'i' },
    status: 409,
    text: 'rpc error: code = AlreadyExists desc = network with name n already exists',
  },
  {
    code: 'portConflict',
    fields: { port: 8080, service: 'web', id: 'i', mode: 'ingress' },
    status: 400,
    text: "rpc error: code = InvalidArgument desc = port '8080' is already in use by service 'web' (i) as an ingress port",
  },
  {
    code: 'portConflict',
    fields: { port: 53, service: 'dns', id: 'i', mode: 'host' },
    status: 400,
    text: "rpc error: code = InvalidArgument desc = port '53' is already in use by service 'dns' (i) as a host-published port",
  },
  {
    code: 'invalidSpec',
    message: 'name must be valid as a DNS name component',
    fields: { field: 'Name' },
    status: 400,
    text: 'rpc error: code = InvalidArgument desc = name must be valid as a DNS name component',
  },
  {
    code: 'outOfSequence',
    status: 500,
    text: 'rpc error: code = Unknown desc = update out of sequence',
  },
  { code: 'lostQuorum', status: 500, text: noLeader },
  { code: 'notLeader', status: 500, text: noLeader },
  {
    code: 'timeout',
    status: 500,
    text: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
  },
  {
    code: 'notImplemented',
    message: 'renaming services is not supported',
    fields: { field: 'Name', immutable: 'Name' },
    status: 501,
    text: 'rpc error: code = Unimplemented desc = renaming services is not supported',
  },
  {
    code: 'invalidArgument',
    fields: { noun: 'update order', value: 'sideways' },
    status: 400,
    text: 'unrecognized update order sideways',
  },
  {
    code: 'notSwarmManager',
    state: 'inactive',
    status: 503,
    text: 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  },
  {
    code: 'notSwarmManager',
    state: 'active',
    status: 503,
    text: "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
  },
  { code: 'notSwarmManager', state: 'active', isManager: true, status: 503, text: starting },
  { code: 'notSwarmManager', state: 'pending', status: 503, text: starting },
  { code: 'notSwarmManager', state: 'error', status: 503, text: starting },
  { code: 'notSwarmManager', state: 'locked', status: 503, text: locked },
  { code: 'locked', status: 503, text: locked },
  { code: 'notInSwarm', status: 503, text: 'This node is not part of a swarm' },
  {
    code: 'alreadyInSwarm',
    status: 503,
    text: 'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.',
  },
  {
    code: 'failedPrecondition',
    fields: { managers: 1 },
    status: 503,
    text: 'You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ',
  },
  {
    code: 'failedPrecondition',
    fields: { managers: 0, reachable: 0 },
    status: 503,
    text: 'You are attempting to leave the swarm on a node that is participating as a manager. Doing so may lose the consensus of your cluster. The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.',
  },
  {
    code: 'failedPrecondition',
    fields: { managers: 3, reachable: 3 },
    status: 503,
    text: 'You are attempting to leave the swarm on a node that is participating as a manager. The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.',
  },
  {
    code: 'failedPrecondition',
    fields: { managers: 3, reachable: 2 },
    status: 503,
    text: 'You are attempting to leave the swarm on a node that is participating as a manager. Removing this node leaves 1 managers out of 3. Without a Raft quorum your swarm will be inaccessible. The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.',
  },
  {
    code: 'failedPrecondition',
    fields: { managers: 2, reachable: 2 },
    status: 503,
    text: 'You are attempting to leave the swarm on a node that is participating as a manager. Removing this node leaves 1 managers out of 2. Without a Raft quorum your swarm will be inaccessible. The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.',
  },
  {
    code: 'failedPrecondition',
    message: 'not now',
    status: 400,
    text: 'rpc error: code = FailedPrecondition desc = not now',
  },
  {
    code: 'invalidArgument',
    fields: { clientVersion: '1.99', maximum: '1.50' },
    status: 400,
    text: 'client version 1.99 is too new. Maximum supported API version is 1.50',
  },
  {
    code: 'invalidArgument',
    fields: { clientVersion: '1.12', minimum: '1.24' },
    status: 400,
    text: 'client version 1.12 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
  },
  {
    code: 'invalidArgument',
    fields: { field: 'Name', expected: 'string', found: 'number 1' },
    status: 400,
    text: 'invalid JSON: Name: expected string, found number 1',
  },
  {
    code: 'invalidArgument',
    fields: { field: '', expected: 'object', found: 'array' },
    status: 400,
    text: 'invalid JSON: body: expected object, found array',
  },
  {
    code: 'invalidArgument',
    fields: { syntax: 'unexpected end of JSON input' },
    status: 400,
    text: 'invalid JSON: unexpected end of JSON input',
  },
  {
    code: 'invalidArgument',
    fields: { field: 'x', noun: 'RestartCondition', value: 'a"b' },
    status: 400,
    text: 'invalid RestartCondition: "a\\"b"',
  },
  {
    code: 'invalidArgument',
    fields: { field: 'filters', filter: 'x' },
    status: 400,
    text: "invalid filter 'x'",
  },
  {
    code: 'invalidArgument',
    message: "Invalid desired-state filter: 'x'",
    fields: { field: 'filters', filter: 'desired-state', value: 'x' },
    status: 400,
    text: "Invalid desired-state filter: 'x'",
  },
  {
    code: 'limitExceeded',
    fields: { field: 'body' },
    status: 413,
    text: 'request body is larger than 4194304 bytes',
  },
  {
    code: 'limitExceeded',
    message: 'the spec is too large',
    status: 400,
    text: 'the spec is too large',
  },
  { code: 'permissionDenied', message: 'no', status: 403, text: 'no' },
  { code: 'unauthenticated', message: 'who', status: 401, text: 'who' },
  { code: 'conflict', message: 'swarm is not locked', status: 409, text: 'swarm is not locked' },
  { code: 'engineUnavailable', message: 'gone', status: 503, text: 'gone' },
  {
    code: 'unknownOutcome',
    message: 'maybe',
    status: 500,
    text: 'rpc error: code = Unknown desc = maybe',
  },
];

describe('the answer to', () => {
  test.each(rows)('$code $fields $state is $status', (row) => {
    const { code, message = 'words', fields = {}, status, text } = row;
    const situation = {
      swarmState: row.state ?? 'active',
      controlAvailable: row.isManager ?? false,
    };
    const reply = errorReply(new ShoalError(code, message, { fields }), situation);
    expect({ status: reply.status, text: reply.message }).toEqual({ status, text });
  });

  test('every other code is a status of its own kind', () => {
    const situation = { swarmState: 'active', controlAvailable: true } as const;
    for (const code of Object.keys(ErrorCode) as ErrorCodeName[]) {
      const { status, message } = errorReply(new ShoalError(code, 'words'), situation);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(message).not.toBe('');
    }
  });

  test('what passes says when to ask again', () => {
    const situation = { swarmState: 'active', controlAvailable: true } as const;
    const retryAfter = (code: ErrorCodeName): number | undefined =>
      errorReply(new ShoalError(code, 'words'), situation).retryAfterSeconds;
    expect(retryAfter('tooBusy')).toBe(1);
    expect(retryAfter('unavailable')).toBe(1);
    expect(retryAfter('notFound')).toBeUndefined();
  });
});
