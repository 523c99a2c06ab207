import type { CommandResult, DockerClient } from './clients.ts';
import { runCommand } from './clients.ts';

/** One command of a script, as one types it after `docker`. */
export interface Step {
  /** Unique in its script. */
  readonly name: string;
  readonly args: readonly string[];
}

/** What each step gave, with all that differs from run to run replaced by words. */
export type Transcript = Readonly<Record<string, CommandResult>>;

/** Runs the steps one after the other against the engine's API at `socketPath`. */
export async function runScript(
  client: DockerClient,
  socketPath: string,
  steps: readonly Step[],
): Promise<Transcript> {
  const transcript: Record<string, CommandResult> = {};
  for (const { name, args } of steps) {
    const environment = { DOCKER_HOST: `unix://${socketPath}`, DOCKER_CONFIG: '/nonexistent' };
    const result = await runCommand([client.program, ...args], environment);
    transcript[name] = {
      code: result.code,
      stdout: normalized(result.stdout),
      stderr: normalized(result.stderr),
    };
  }
  return transcript;
}

/**
 * Replaces tokens, keys, ids, times and ages by words. White space counts only as a separator, for columns are as wide as
 * what stands in them; of the progress of a command only how it ended counts, for it depends on how fast things went.
 */
function normalized(text: string): string {
  return text
    .replaceAll(/SWMTKN-1-[0-9a-z]+-[0-9a-z]+/g, 'TOKEN')
    .replaceAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g, 'CERTIFICATE')
    .replaceAll(/\bMFkwEwYHKoZI[\w+/=]+/g, 'PUBLICKEY')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'HEX')
    .replaceAll(/\b[0-9a-z]{25}\b/g, 'ID')
    .replaceAll(/"ID":"[0-9a-z]{12}"/g, '"ID":"SHORTID"')
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\d{4}-\d\d-\d\d [\d:.]+ \+0000 utc/gi, 'TIME')
    .replaceAll(/\b(?:less than a second|\d+ seconds?|about a minute|\d+ minutes?) ago\b/gi, 'AGE')
    .replaceAll(/"Index": ?\d+/g, '"Index": N')
    .replaceAll(/^([ \t*]*)(?:[a-z0-9]{12})(?=\s)/gm, '$1SHORTID')
    .replaceAll(/^(?:overall progress|verify: Waiting|\d+\/\d+:).*\n/gm, '')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/^ | $/gm, '');
}
