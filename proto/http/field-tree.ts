import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

interface Branch<Mark> {
  /** By name in lower case; `*` is every element of a list. */
  readonly children: Map<string, Branch<Mark>>;
  readonly marks: Mark[];
}

/**
 * Marked fields of a JSON text, looked for in one walk however many there are.
 *
 * A path such as `Mounts.*.Type` begins at the root; names count in any case, as in `JsonFields`.
 */
export class FieldTree<Mark> {
  readonly #root: Branch<Mark> = newBranch();

  constructor(fields: Iterable<readonly [path: string, mark: Mark]>) {
    for (const [path, mark] of fields) {
      let branch = this.#root;
      for (const step of path.toLowerCase().split('.')) {
        const next = branch.children.get(step) ?? newBranch();
        branch.children.set(step, next);
        branch = next;
      }
      branch.marks.push(mark);
    }
  }

  /** Calls `found` with each marked field of `root` that is there. */
  visit(root: JsonValue, found: (mark: Mark, value: JsonValue) => void): void {
    visit(this.#root, root, found);
  }

  /** `root` without the marked fields; the very same when it has none of them. */
  without(root: JsonValue): JsonValue {
    return without(this.#root, root);
  }
}

function newBranch<Mark>(): Branch<Mark> {
  return { children: new Map(), marks: [] };
}

function visit<Mark>(
  { children, marks }: Branch<Mark>,
  value: JsonValue,
  found: (mark: Mark, value: JsonValue) => void,
): void {
  for (const mark of marks) found(mark, value);
  if (children.size === 0) return;
  if (Array.isArray(value)) {
    const child = children.get('*');
    if (child !== undefined) {
      for (const item of value as readonly JsonValue[]) visit(child, item, found);
    }
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      const child = children.get(key.toLowerCase());
      if (child !== undefined) visit(child, value[key] ?? null, found);
    }
  }
}

function without<Mark>({ children }: Branch<Mark>, value: JsonValue): JsonValue {
  if (children.size === 0) return value;
  if (Array.isArray(value)) {
    const child = children.get('*');
    const items = value as readonly JsonValue[];
    return child === undefined ? items : items.map((item) => without(child, item));
  }
  return isJsonObject(value) ? objectWithout(children, value) : value;
}

function objectWithout<Mark>(
  children: ReadonlyMap<string, Branch<Mark>>,
  value: JsonObject,
): JsonObject {
  const changed = new Map<string, JsonValue | undefined>();
  for (const key of Object.keys(value)) {
    const child = children.get(key.toLowerCase());
    if (child === undefined) continue;
    const before = value[key] ?? null;
    const after = child.marks.length > 0 ? undefined : without(child, before);
    if (after !== before) changed.set(key, after);
  }
  if (changed.size === 0) return value;
  const entries = Object.entries(value).flatMap(([key, item]): [string, JsonValue][] => {
    const now = changed.has(key) ? changed.get(key) : item;
    return now === undefined ? [] : [[key, now]];
  });
  return Object.fromEntries(entries);
}
