/** Builds the line, so that nobody pays for one that is not wanted. */
export type Line = () => string;

/** What the core tells whoever watches it. Nothing it does depends on it. */
export interface Trace {
  debug(line: Line): void;
  info(line: Line): void;
  warn(line: Line): void;
  error(line: Line): void;
}

export const silentTrace: Trace = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
