import { emitMessages } from './messages.ts';
import { parseContract } from './parse.ts';
import { emitServices } from './services.ts';

/**
 * Makes the code of the contract.
 *
 * @param sources text of each .proto file by base name (`objects` for `objects.proto`).
 * @returns text of each generated file by its path under `proto/`, as `gen/objects.ts`.
 */
export function generateContract(
  sources: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const generated = new Map<string, string>();
  for (const file of parseContract(sources)) {
    generated.set(`gen/${file.name}.ts`, emitMessages(file));
    const services = emitServices(file);
    if (services !== undefined) generated.set(`rpc/${file.name}.ts`, services);
  }
  return generated;
}
