/** A request line taken apart. */
export interface RequestTarget {
  /** Without the version prefix; percent-escapes stay. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `1.41` from a prefix `/v1.41`; undefined without one. */
  readonly version: string | undefined;
}

/** Takes a request target apart: optional version prefix, path, query. */
export function requestTarget(target: string): RequestTarget {
  const mark = target.indexOf('?');
  const fullPath = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  const prefix = /^\/v([0-9.]+)(\/.*)$/.exec(fullPath);
  if (prefix === null) return { path: fullPath, query, version: undefined };
  return { path: prefix[2] ?? '/', query, version: prefix[1] };
}
