import { ShoalError } from '../../common/pure/errors.ts';

/** Minor versions of the API 1.x that Shoal speaks. */
export const apiMinorMin = 24;
const apiMinorMax = 50;

interface ApiVersion {
  readonly major: number;
  readonly minor: number;
}

/**
 * The newest minor version that is offered: never more than the engine takes, or calls that pass through would fail.
 * @param engineVersion as last heard, `1.41`; undefined when the engine never answered.
 */
export function offeredMinor(engineVersion: string | undefined): number {
  const engine = engineVersion === undefined ? undefined : parseApiVersion(engineVersion);
  const engineMinor = engine?.major === 1 ? engine.minor : apiMinorMax;
  return Math.max(apiMinorMin, Math.min(apiMinorMax, engineMinor));
}

/**
 * The minor version that a request is to be answered in.
 * @param asked from the path's prefix; undefined without one, which means the newest.
 * @throws ShoalError `invalidArgument {clientVersion, minimum | maximum}` when it is out of range.
 */
export function negotiateMinor(asked: string | undefined, offered: number): number {
  if (asked === undefined) return offered;
  const version = parseApiVersion(asked) ?? { major: 0, minor: 0 };
  if (version.major < 1 || (version.major === 1 && version.minor < apiMinorMin)) {
    throw refusal(asked, 'minimum', apiMinorMin);
  }
  if (version.major > 1 || version.minor > offered) throw refusal(asked, 'maximum', offered);
  return version.minor;
}

/** `1.41` for 41. */
export function apiVersionText(minor: number): string {
  return `1.${minor}`;
}

function refusal(clientVersion: string, bound: 'minimum' | 'maximum', minor: number): ShoalError {
  return new ShoalError('invalidArgument', 'the API version is not spoken here', {
    fields: { clientVersion, [bound]: apiVersionText(minor) },
  });
}

function parseApiVersion(text: string): ApiVersion | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2] ?? 0) };
}
