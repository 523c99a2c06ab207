import { X509Certificate } from 'node:crypto';
import type { PeerIdentity } from '../../ports/identity.ts';
import { asId } from '../../pure/ids.ts';
import { type DerElement, derTag, readElements, readOne } from './der.ts';

/** Bytes of a certificate beyond which it is none of ours. */
const certificateBytesMax = 16_384;
/** Extensions of a certificate, and names in one of them. */
const extensionsMax = 32;
const namesMax = 64;

const idPattern = /^[0-9a-z]{25}$/;
const raftPattern = /^raft-([0-9a-f]{12})$/;

/** DER of the object identifiers: 2.5.4.3, 2.5.4.11, 2.5.4.10 and 2.5.29.17. */
const commonName = '550403';
const organizationalUnit = '55040b';
const organization = '55040a';
const subjectAltName = '551d11';

/** `[2]`, a DNS name among alternative names; `[3]`, the extensions of a certificate. */
const dnsNameTag = 0x82;
const extensionsTag = 0xa3;

const roles: Readonly<Record<string, 'manager' | 'worker' | 'proxy'>> = {
  'swarm-manager': 'manager',
  'swarm-worker': 'worker',
  'swarm-proxy': 'proxy',
};

/**
 * Who a certificate names; undefined when it is not exactly as this cluster makes them: one CN (node id), one OU (role), one O (cluster
 * id), each alone in its RDN and in plain characters, and at most one raft id, a manager's.
 *
 * Reads the DER itself: what libraries make of a name as text or as an object has let forged names through before (CVE-2021-44531 to
 * 44533). Says nothing about who signed it nor until when it holds: TLS checks the first, `isStillValid` the second.
 */
export function readPeerIdentity(certificateDer: Uint8Array): PeerIdentity | undefined {
  const parts = readParts(certificateDer);
  if (parts === undefined) return undefined;
  const subject = readSubject(parts.subject);
  const dnsNames = readDnsNames(parts.extensions);
  if (subject === undefined || dnsNames === undefined) return undefined;
  const role = Object.hasOwn(roles, subject.unit) ? roles[subject.unit] : undefined;
  if (role === undefined) return undefined;
  if (!idPattern.test(subject.nodeId) || !idPattern.test(subject.clusterId)) return undefined;
  const identity = {
    nodeId: asId<'node'>(subject.nodeId),
    clusterId: asId<'cluster'>(subject.clusterId),
    role,
  };
  const [raftName, ...moreRaftNames] = dnsNames.filter((name) => name.startsWith('raft-'));
  if (raftName === undefined) return identity;
  const raftId = Number.parseInt(raftPattern.exec(raftName)?.[1] ?? '0', 16);
  if (raftId === 0 || moreRaftNames.length > 0 || role !== 'manager') return undefined;
  return { ...identity, raftId };
}

/** Until when a certificate holds, and since when, in milliseconds of wall time; undefined when it cannot be read. */
function readValidity(
  certificateDer: Uint8Array,
): { readonly notBeforeMs: number; readonly notAfterMs: number } | undefined {
  try {
    const certificate = new X509Certificate(certificateDer);
    const notBeforeMs = certificate.validFromDate.getTime();
    const notAfterMs = certificate.validToDate.getTime();
    return Number.isFinite(notBeforeMs) && Number.isFinite(notAfterMs)
      ? { notBeforeMs, notAfterMs }
      : undefined;
  } catch {
    return undefined;
  }
}

/** True when the certificate holds at that time: a connection may outlive the one that it was made with. */
export function isStillValid(certificateDer: Uint8Array, wallMs: number): boolean {
  const validity = readValidity(certificateDer);
  return validity !== undefined && validity.notBeforeMs <= wallMs && wallMs <= validity.notAfterMs;
}

interface Parts {
  /** Content of the subject. */
  readonly subject: Uint8Array;
  /** Content of the list of extensions. */
  readonly extensions: Uint8Array;
}

/** RFC 5280, 4.1: version, serial number, algorithm, issuer, validity, subject, key, then extensions. */
function readParts(certificateDer: Uint8Array): Parts | undefined {
  if (certificateDer.length > certificateBytesMax) return undefined;
  const certificate = readOne(certificateDer, derTag.sequence);
  const [signed] = certificate === undefined ? [] : (readElements(certificate, 3) ?? []);
  if (signed?.tag !== derTag.sequence) return undefined;
  const fields = readElements(signed.content, 10) ?? [];
  const subject = fields[5];
  const extensions = fields.filter((field) => field.tag === extensionsTag);
  const [wrapped] = extensions;
  if (subject?.tag !== derTag.sequence || wrapped === undefined || extensions.length > 1) {
    return undefined;
  }
  const list = readOne(wrapped.content, derTag.sequence);
  return list === undefined ? undefined : { subject: subject.content, extensions: list };
}

interface Subject {
  readonly nodeId: string;
  readonly unit: string;
  readonly clusterId: string;
}

function readSubject(content: Uint8Array): Subject | undefined {
  const names = readElements(content, 3);
  if (names === undefined) return undefined;
  const values = new Map<string, string>();
  for (const name of names) {
    const attribute = readAttribute(name);
    if (attribute === undefined || values.has(attribute.type)) return undefined;
    values.set(attribute.type, attribute.value);
  }
  const nodeId = values.get(commonName);
  const unit = values.get(organizationalUnit);
  const clusterId = values.get(organization);
  if (nodeId === undefined || unit === undefined || clusterId === undefined) return undefined;
  return { nodeId, unit, clusterId };
}

/** One RDN of one attribute; two in one RDN are refused, since readers do not agree on which counts. */
function readAttribute(
  name: DerElement,
): { readonly type: string; readonly value: string } | undefined {
  if (name.tag !== derTag.set) return undefined;
  const pair = readOne(name.content, derTag.sequence);
  const [type, value, ...more] = pair === undefined ? [] : (readElements(pair, 2) ?? []);
  if (type?.tag !== derTag.objectId || value === undefined || more.length > 0) return undefined;
  if (value.tag !== derTag.utf8String && value.tag !== derTag.printableString) return undefined;
  return {
    type: Buffer.from(type.content).toString('hex'),
    value: Buffer.from(value.content).toString('latin1'),
  };
}

/** The DNS names among the alternative names; undefined when the extension is there twice or cannot be read. */
function readDnsNames(list: Uint8Array): readonly string[] | undefined {
  const extensions = readElements(list, extensionsMax);
  if (extensions === undefined) return undefined;
  let found: readonly string[] | undefined;
  for (const extension of extensions) {
    const [type, ...more] = readElements(extension.content, 3) ?? [];
    if (type?.tag !== derTag.objectId) return undefined;
    if (Buffer.from(type.content).toString('hex') !== subjectAltName) continue;
    const value = more.at(-1);
    if (found !== undefined || value?.tag !== derTag.octetString) return undefined;
    const content = readOne(value.content, derTag.sequence);
    const names = content === undefined ? undefined : readElements(content, namesMax);
    if (names === undefined) return undefined;
    found = names
      .filter((name) => name.tag === dnsNameTag)
      .map((name) => Buffer.from(name.content).toString('latin1'));
  }
  return found ?? [];
}
