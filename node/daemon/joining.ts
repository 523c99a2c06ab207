import { timingSafeEqual } from 'node:crypto';

import type { Clock } from '../../common/ports/clock.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { Log } from '../../common/ports/log.ts';
import type { JoinRequest } from '../../common/ports/node-control.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { parseJoinToken, rootDigestText } from '../../manager/ca/join-token.ts';
import { toPem } from '../../manager/ca/pem.ts';
import { newJoinRequest, newRootRequest } from '../../proto/gen/managers.ts';
import type { JoinResponse } from '../../proto/gen/managers.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { NodeAvailability } from '../../proto/gen/specs.ts';
import { joiningClient } from '../../proto/rpc/managers.ts';
import { certificateDigest, certificateFault } from '../identity/certificate.ts';
import type { Identity } from '../identity/identity.ts';
import { newNodeKey } from '../identity/node-key.ts';
import type { NodeKey } from '../identity/node-key.ts';
import {
  checkDataPath,
  chooseJoinAddress,
  hostPortText,
  parseListenAddress,
  parseRemoteAddress,
} from './addresses.ts';
import type { HostPort, Interfaces } from './addresses.ts';
import type { ClusterNets } from './cluster-net.ts';

const dataKeyBytes = 32;

/** What a node joins with. */
export interface JoinPlan {
  readonly listen: HostPort;
  /** Undefined: where its connection comes from, as the manager sees it. */
  readonly advertise: HostPort | undefined;
  readonly remotes: readonly HostPort[];
  readonly token: string;
  /** What the root's digest has to be. */
  readonly rootDigest: string;
  readonly availability: NodeAvailability;
}

export interface JoinParts {
  readonly nets: Pick<ClusterNets, 'dialJoin'>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** Checks what was asked for; nobody is asked yet. @throws ShoalError `invalidArgument {field}` */
export function planJoin(request: JoinRequest, interfaces: Interfaces): JoinPlan {
  const listen = parseListenAddress(request.listenAddress, interfaces);
  const advertise = chooseJoinAddress(request.advertiseAddress, listen, interfaces);
  checkDataPath(request.dataPathAddress, 0, interfaces);
  if (request.remoteAddresses.length === 0)
    throw invalid('RemoteAddrs', 'at least 1 RemoteAddr is required to join');
  if (request.remoteAddresses.length > limits.joinRemotes) {
    throw invalid(
      'RemoteAddrs',
      `too many remote addresses: give up to ${String(limits.joinRemotes)}, any manager of the swarm does`,
    );
  }
  const token = parseJoinToken(request.token);
  if (token === undefined) throw invalid('JoinToken', 'invalid join token');
  return {
    listen,
    advertise,
    remotes: request.remoteAddresses.map(parseRemoteAddress),
    token: request.token,
    rootDigest: token.rootDigest,
    availability: request.availability,
  };
}

/**
 * Asks the managers of a cluster, one after the other, to take this node in. Nothing is written.
 *
 * The key is made here and never leaves. Before the secret is told to anybody, the root that signs for the cluster is held against the digest in the token.
 * @throws ShoalError `invalidArgument {field: JoinToken}`, `unavailable` when nobody could, or what the cluster says
 */
export async function enrol(
  parts: JoinParts,
  plan: JoinPlan,
  signal: AbortSignal,
): Promise<Identity> {
  const key = await newNodeKey();
  const failures: string[] = [];
  for (const remote of plan.remotes) {
    const address = hostPortText(remote);
    try {
      return await enrolAt(parts, { plan, key, address }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isShoalError(error) || !isOfOneManager(error)) throw error;
      parts.log.at('warn', 'a manager did not take this node in', { address, error });
      failures.push(`${address} (${error.message})`);
    }
  }
  throw new ShoalError(
    'unavailable',
    `no manager took this node in: ${failures.join(', ')}; check the addresses, and that the port can be reached from here`,
  );
}

/** True when another manager may do better. The key stays the same, so that whoever was taken in twice is one node. */
function isOfOneManager({ facts, code }: ShoalError): boolean {
  return facts.retry === 'later' || facts.retry === 'safe' || code === 'unknownOutcome';
}

interface Attempt {
  readonly plan: JoinPlan;
  readonly key: NodeKey;
  readonly address: string;
}

async function enrolAt(parts: JoinParts, attempt: Attempt, signal: AbortSignal): Promise<Identity> {
  const { clock } = parts;
  const deadline = { clock, durationMs: limits.joinAttemptMs, signal };
  return await withDeadline(deadline, async (inner) => {
    const trustRootPem = await fetchRoot(parts, attempt, inner);
    const { plan, key, address } = attempt;
    await using channel = parts.nets.dialJoin(address, trustRootPem);
    const request = newJoinRequest({
      token: plan.token,
      publicKey: key.publicKey,
      availability: plan.availability,
      address: plan.advertise?.host ?? '',
      port: (plan.advertise ?? plan.listen).port,
    });
    const options = { signal: inner, deadlineMs: limits.joinAttemptMs };
    const response = await translated(joiningClient(channel).join(request, options));
    const dataKey = parts.entropy.bytes(dataKeyBytes);
    return identityOf(response, { plan, key, dataKey, trustRootPem });
  });
}

/** The root of the cluster, once it is the one that the token means. */
async function fetchRoot(
  { nets }: JoinParts,
  { plan, address }: Attempt,
  signal: AbortSignal,
): Promise<string> {
  await using channel = nets.dialJoin(address);
  const options = { signal, deadlineMs: limits.joinAttemptMs };
  const { trustRootPem } = await joiningClient(channel).root(newRootRequest({}), options);
  const digest = Buffer.from(rootDigestText(certificateDigest(trustRootPem)));
  const expected = Buffer.from(plan.rootDigest);
  if (digest.length === expected.length && timingSafeEqual(digest, expected)) return trustRootPem;
  throw invalid(
    'JoinToken',
    `remote CA does not match fingerprint. Expected: ${hexOfBase36(plan.rootDigest)}`,
  );
}

/** Docker's words for a secret that is not one of the cluster's. */
async function translated(answer: Promise<JoinResponse>): Promise<JoinResponse> {
  try {
    return await answer;
  } catch (error) {
    if (!isShoalError(error, 'unauthenticated')) throw error;
    throw new ShoalError('invalidSpec', 'A valid join token is necessary to join this cluster', {
      fields: { field: 'JoinToken' },
      cause: error,
    });
  }
}

/** @throws ShoalError `corrupt` when a manager answers what cannot be */
function identityOf(
  response: JoinResponse,
  own: Pick<Attempt, 'plan' | 'key'> & Pick<Identity, 'dataKey' | 'trustRootPem'>,
): Identity {
  const { plan, key, dataKey, trustRootPem } = own;
  const credentials = readCredentials(response, key, trustRootPem);
  const advertise = {
    host: plan.advertise?.host ?? response.address,
    port: (plan.advertise ?? plan.listen).port,
  };
  return {
    nodeId: asId(response.nodeId),
    clusterId: asId(response.clusterId),
    ...credentials,
    hasLog: false,
    trustRootPem,
    dataKey,
    advertiseAddress: hostPortText(advertise),
    listenAddress: hostPortText(plan.listen),
  };
}

/** The parts of an identity that a cluster gives, together with a certificate. */
export type Credentials = Pick<
  Identity,
  | 'role'
  | 'raftId'
  | 'founderRaftId'
  | 'incarnation'
  | 'certificatePem'
  | 'privateKeyPem'
  | 'managers'
>;

/** Reads what a cluster signed for `key`. @throws ShoalError `corrupt` when that cannot be */
export function readCredentials(
  response: JoinResponse,
  key: NodeKey,
  trustRootPem: string,
): Credentials {
  const { nodeId, clusterId, role, raftId, founderRaftId } = response;
  const certificatePem = toPem('CERTIFICATE', response.certificateDer);
  const isManager = role === NodeRole.manager;
  const fault =
    nodeId === '' || clusterId === '' || (isManager && (raftId === 0 || founderRaftId === 0))
      ? 'comes without the ids that belong to it'
      : certificateFault(certificatePem, key.publicKey, trustRootPem);
  if (fault !== undefined)
    throw new ShoalError('corrupt', `the certificate that a manager gave ${fault}`);
  return {
    role: isManager ? 'manager' : 'worker',
    raftId: isManager ? raftId : 0,
    founderRaftId: isManager ? founderRaftId : 0,
    incarnation: Math.max(1, response.incarnation),
    certificatePem,
    privateKeyPem: key.privateKeyPem,
    managers: response.managers.map(({ nodeId: id, address, raftId: number }) => ({
      nodeId: asId(id),
      address,
      raftId: number,
    })),
  };
}

function hexOfBase36(text: string): string {
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value.toString(16).padStart(64, '0');
}

function invalid(field: string, message: string): ShoalError {
  return new ShoalError('invalidArgument', message, { fields: { field } });
}
