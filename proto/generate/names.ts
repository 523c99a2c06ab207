/** `max_failure_ratio` as `maxFailureRatio`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

/** `objectKind` as `ObjectKind`. */
export function pascalCase(name: string): string {
  const camel = camelCase(name);
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}

/** Names of an import in the order of the names, with `type` before some of them. */
export function sortImports(names: Iterable<string>): readonly string[] {
  const key = (name: string): string => name.replace('type ', '').toLowerCase();
  return [...names].toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
}
