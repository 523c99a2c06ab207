import { limits } from '../../common/pure/limits.ts';
import type { CommandFacts } from '../render/command-facts.ts';
import {
  type Candidate,
  candidateLines,
  completeWords,
  nameCandidates,
  type WantedNames,
} from '../render/complete.ts';
import { replicasText } from '../render/service-list.ts';
import { printable } from '../render/text.ts';
import type { CommandContext } from './context.ts';
import { listNodes, listServices } from './resources.ts';

/** What completion needs of its process. */
export interface CompletionPorts {
  readonly out: (text: string) => void;
  /** Runs `body` against the daemon at `host`, or at the usual one. */
  readonly run: (
    host: string | undefined,
    body: (context: CommandContext, signal: AbortSignal) => Promise<void>,
  ) => Promise<void>;
}

/**
 * `__complete`, which scripts of shells call: prints what may stand at the end of a command line. Names come from the
 * daemon; one that does not answer at once, or at all, adds none, and nothing is said of it.
 */
export async function runComplete(
  tree: CommandFacts,
  words: readonly string[],
  { out, run }: CompletionPorts,
): Promise<void> {
  const { candidates, names, host } = completeWords(tree, words);
  out(candidateLines(candidates));
  if (names === undefined) return;
  const partial = words.at(-1) ?? '';
  try {
    await run(host, async (context, signal) => {
      const known = await askInTime(context, names, signal);
      out(candidateLines(nameCandidates(known, names, partial)));
    });
  } catch {
    // Nobody who presses a key in a shell wants to read an error.
  }
}

async function askInTime(
  context: CommandContext,
  names: WantedNames,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const end = new AbortController();
  const inTime = AbortSignal.any([signal, end.signal]);
  const timer = endLater(context, end, inTime);
  try {
    return await askNames(context, names, inTime);
  } finally {
    end.abort(new Error('completed'));
    await timer;
  }
}

async function endLater(
  context: CommandContext,
  end: AbortController,
  signal: AbortSignal,
): Promise<void> {
  try {
    await context.clock.sleep(limits.clientCompletionMs, signal);
  } catch {
    return;
  }
  end.abort(new Error('too slow'));
}

async function askNames(
  context: CommandContext,
  { kind }: WantedNames,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  if (kind === 'node') {
    const nodes = await listNodes(context, signal);
    return nodes.map((node) => ({ value: node.hostname, description: printable(node.state) }));
  }
  const services = await listServices(context, {}, signal);
  return services.map((service) => ({
    value: service.name,
    description: printable(`${replicasText(service)} ${service.image}`),
  }));
}
