import { ShoalError } from '../../../common/pure/errors.ts';

/** What `{{...}}` in a container's environment, hostname and mounts may name. */
export interface TemplateContext {
  /** By path: `.Service.Name`, `.Task.Slot`, ... */
  readonly values: ReadonlyMap<string, string>;
  /** Behind `.Service.Labels`. */
  readonly serviceLabels: ReadonlyMap<string, string>;
}

const labelsPath = '.Service.Labels';

/**
 * Replaces the `{{...}}` of Go's template language that swarm mode documents: a path, `index .Service.Labels "key"`, a quoted text,
 * a comment; `{{-` and `-}}` take the white space around them away.
 *
 * @param where what is expanded, for the message: `env`, `hostname`, `mounts`.
 * @throws ShoalError `invalidArgument` for anything else, and for a label that the service does not have.
 */
export function expandTemplate(text: string, where: string, context: TemplateContext): string {
  if (!text.includes('{{')) return text;
  const refuse = (reason: string): ShoalError =>
    new ShoalError('invalidArgument', `expanding ${where} failed: ${reason}`);
  let result = '';
  let rest = text;
  for (;;) {
    const open = rest.indexOf('{{');
    if (open < 0) return result + rest;
    const close = rest.indexOf('}}', open + 2);
    if (close < 0) throw refuse(`unclosed action in "${text}"`);
    const action = rest.slice(open + 2, close);
    const before = rest.slice(0, open);
    const trimsBefore = /^-\s/.test(action);
    const trimsAfter = /\s-$/.test(action);
    const expression = action.slice(trimsBefore ? 1 : 0, trimsAfter ? -1 : undefined).trim();
    const value = evaluate(expression, context);
    if (typeof value !== 'string') throw refuse(value.reason);
    result += (trimsBefore ? before.trimEnd() : before) + value;
    const after = rest.slice(close + 2);
    rest = trimsAfter ? after.trimStart() : after;
  }
}

type Evaluated = string | { readonly reason: string };

function evaluate(expression: string, context: TemplateContext): Evaluated {
  if (/^\/\*[^]*\*\/$/.test(expression)) return '';
  if (expression.startsWith('.')) return lookUp(expression, context);
  const index = /^index\s+\.Service\.Labels\s+(".*"|`[^`]*`)$/.exec(expression);
  const key = index?.[1] === undefined ? undefined : unquote(index[1]);
  if (key !== undefined) return context.serviceLabels.get(key) ?? '';
  return unquote(expression) ?? { reason: `"{{${expression}}}" is not supported` };
}

function lookUp(path: string, context: TemplateContext): Evaluated {
  const value = context.values.get(path);
  if (value !== undefined) return value;
  if (!path.startsWith(`${labelsPath}.`)) {
    return { reason: `"{{${path}}}" names nothing that a task has` };
  }
  const key = path.slice(labelsPath.length + 1);
  return context.serviceLabels.get(key) ?? { reason: `the service has no label "${key}"` };
}

/** The text of a Go string literal without escapes beyond JSON's; undefined of anything else. */
function unquote(literal: string): string | undefined {
  if (/^`[^`]*`$/.test(literal)) return literal.slice(1, -1);
  if (!/^".*"$/.test(literal)) return undefined;
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
