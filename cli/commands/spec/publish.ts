import { usageError } from '../context.ts';
import { parseFields } from './csv.ts';

/** A port of the API's endpoint spec. */
export interface PortSpec {
  readonly Protocol: string;
  readonly TargetPort: number;
  /** Left out, the cluster chooses one. */
  readonly PublishedPort?: number;
  readonly PublishMode: string;
}

const protocols: readonly string[] = ['tcp', 'udp', 'sctp'];
const modes: readonly string[] = ['ingress', 'host'];
const portMax = 65_535;

/**
 * Reads one `--publish`: short `[published:]target[/protocol]`, ranges of equal length included, or long
 * `published=8080,target=80,protocol=tcp,mode=ingress`.
 */
export function parsePublish(text: string): readonly PortSpec[] {
  return text.includes('=') ? [parseLong(text)] : parseShort(text);
}

function parseLong(text: string): PortSpec {
  const fields = parseFields('--publish', text);
  for (const key of fields.keys()) {
    if (!['published', 'target', 'protocol', 'mode'].includes(key)) {
      throw refusal(
        text,
        `has an unknown field "${key}"; known are published, target, protocol, mode`,
      );
    }
  }
  const target = fields.get('target');
  if (target === undefined) throw refusal(text, 'has no target; add target=PORT');
  const published = fields.get('published');
  return {
    Protocol: parseChoice(text, 'protocol', fields.get('protocol') ?? 'tcp', protocols),
    TargetPort: parsePort(text, target, 1),
    ...(published === undefined ? {} : { PublishedPort: parsePort(text, published, 0) }),
    PublishMode: parseChoice(text, 'mode', fields.get('mode') ?? 'ingress', modes),
  };
}

function parseShort(text: string): readonly PortSpec[] {
  const [ports = '', protocol = 'tcp', ...more] = text.split('/');
  const parts = ports.split(':');
  if (more.length > 0 || parts.length > 2) {
    throw refusal(text, 'is not [published:]target[/protocol]; addresses cannot be given');
  }
  const targets = parseRange(text, parts.at(-1) ?? '');
  const published = parts.length === 2 ? parseRange(text, parts[0] ?? '') : undefined;
  if (published !== undefined && published.length !== targets.length) {
    throw refusal(text, 'has ranges of different lengths');
  }
  const Protocol = parseChoice(text, 'protocol', protocol, protocols);
  return targets.map((TargetPort, index) => {
    const PublishedPort = published?.[index];
    const given = PublishedPort === undefined ? {} : { PublishedPort };
    return { Protocol, TargetPort, ...given, PublishMode: 'ingress' };
  });
}

function parseRange(text: string, range: string): readonly number[] {
  const [firstText = '', lastText = firstText, ...more] = range.split('-');
  const first = parsePort(text, firstText, 1);
  const last = parsePort(text, lastText, 1);
  if (more.length > 0 || last < first) throw refusal(text, `has a wrong range "${range}"`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function parsePort(text: string, port: string, min: number): number {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  if (number >= min && number <= portMax) return number;
  throw refusal(text, `has a wrong port "${port}"; ports are numbers from 1 to ${String(portMax)}`);
}

function parseChoice(
  text: string,
  field: string,
  value: string,
  choices: readonly string[],
): string {
  const lower = value.toLowerCase();
  if (choices.includes(lower)) return lower;
  throw refusal(text, `has a wrong ${field} "${value}"; give one of ${choices.join(', ')}`);
}

function refusal(text: string, why: string): Error {
  return usageError(`--publish "${text}" ${why}`);
}
