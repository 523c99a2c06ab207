/** A facet's value with the fields that this version does not know, so that rewriting it loses nothing. */
export function withUnknown<Value extends { readonly unknown?: Uint8Array }>(
  value: Value,
  unknown: Uint8Array | undefined,
): Value {
  return unknown === undefined ? value : { ...value, unknown };
}
