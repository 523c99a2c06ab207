import { parseCidr, parseIpv4, subnetContains } from '../../common/pure/ipv4.ts';
import { nodeRoleName } from '../../proto/gen/specs.ts';
import { normaliseArchitecture } from './architecture.ts';
import type { NodeRow } from './rows.ts';

/** A placement constraint such as `node.labels.zone==eu`. */
export interface Constraint {
  readonly key: string;
  readonly operator: '==' | '!=';
  readonly value: string;
}

const operators = ['==', '!='] as const;
const nodeLabelPrefix = 'node.labels.';
const engineLabelPrefix = 'engine.labels.';
const keyPattern = /^[a-z_][a-z0-9\-_.]+$/i;
/** Letters, digits and what labels hold, but no sign that is or might become an operator. */
const valuePattern = /^[a-z0-9:\-_\t\n\f\r .*()?+[\]\\^$|/]+$/i;

/** A constraint as it was read, or swarm mode's words for why it cannot be. */
export type ParsedConstraint =
  | { readonly kind: 'constraint'; readonly constraint: Constraint }
  | { readonly kind: 'invalid'; readonly message: string };

/** Reads one constraint as swarm mode does (swarmkit manager/constraint). */
export function parseConstraint(text: string): ParsedConstraint {
  const operator = operators.find((candidate) => text.includes(candidate));
  if (operator === undefined) {
    return invalid(`constraint expected one operator from ${operators.join(', ')}`);
  }
  const at = text.indexOf(operator);
  const key = text.slice(0, at).trim();
  const value = text.slice(at + operator.length).trim();
  if (!keyPattern.test(key)) return invalid(`key '${key}' is invalid`);
  if (!valuePattern.test(value)) return invalid(`value '${value}' is invalid`);
  return { kind: 'constraint', constraint: { key, operator, value } };
}

function invalid(message: string): ParsedConstraint {
  return { kind: 'invalid', message };
}

/** Tells which nodes satisfy `texts`, as a spec has them. One that cannot be read is satisfied nowhere. */
export function nodeMatcher(texts: readonly string[]): (node: NodeRow) => boolean {
  const parsed = texts.map(parseConstraint);
  const constraints: Constraint[] = [];
  for (const one of parsed) if (one.kind === 'constraint') constraints.push(one.constraint);
  const isReadable = constraints.length === parsed.length;
  return (node) => isReadable && matchesAll(constraints, node);
}

/** True when the node satisfies every constraint. A key that nobody knows is never satisfied. */
export function matchesAll(constraints: readonly Constraint[], node: NodeRow): boolean {
  return constraints.every((constraint) => matches(constraint, node));
}

function matches(constraint: Constraint, node: NodeRow): boolean {
  const key = constraint.key.toLowerCase();
  if (key === 'node.ip') return matchesAddress(constraint, node.status.address);
  const found = valuesOf(key, constraint.key, node);
  if (found === undefined) return false;
  const wanted = constraint.value.toLowerCase();
  const isEqual = found.some((value) => value.toLowerCase() === wanted);
  return isEqual === (constraint.operator === '==');
}

/** What the node has under the key, any of which may match; undefined for a key that nobody knows. */
function valuesOf(key: string, asWritten: string, node: NodeRow): readonly string[] | undefined {
  const description = node.status.description;
  switch (key) {
    case 'node.id':
      return [node.id];
    case 'node.hostname':
      return [description?.hostname ?? ''];
    case 'node.role':
      return [nodeRoleName(node.lifecycle.role)];
    case 'node.platform.os':
      return [description?.platform?.os ?? ''];
    case 'node.platform.arch': {
      const architecture = description?.platform?.architecture ?? '';
      return [architecture, normaliseArchitecture(architecture)];
    }
    default:
      return labelOf(key, asWritten, node);
  }
}

/** A label that is missing equals the empty text. Names of labels keep their case. */
function labelOf(key: string, asWritten: string, node: NodeRow): readonly string[] | undefined {
  if (key.startsWith(nodeLabelPrefix) && key.length > nodeLabelPrefix.length) {
    return [node.spec.labels.get(asWritten.slice(nodeLabelPrefix.length)) ?? ''];
  }
  if (key.startsWith(engineLabelPrefix) && key.length > engineLabelPrefix.length) {
    const labels = node.status.description?.engineLabels;
    return [labels?.get(asWritten.slice(engineLabelPrefix.length)) ?? ''];
  }
  return undefined;
}

/** The value is an address or a subnet; anything else is never satisfied, with neither operator. */
function matchesAddress({ operator, value }: Constraint, address: string): boolean {
  const own = parseIpv4(address);
  const subnet = parseCidr(value);
  const isWithin = subnet !== undefined && own !== undefined && subnetContains(subnet, own);
  if (subnet !== undefined) return isWithin === (operator === '==');
  if (parseIpv4(value) === undefined && !value.includes(':')) return false;
  return (address.toLowerCase() === value.toLowerCase()) === (operator === '==');
}
