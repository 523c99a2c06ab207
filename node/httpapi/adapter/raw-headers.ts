import type * as http from 'node:http';

/** Headers that belong to one connection and are never handed on. */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Headers whose absence must not be brought about by a client that names them in `Connection`. */
export const neverNamed: ReadonlySet<string> = new Set(['content-length', 'host']);

/** The headers of a message that go on to the next hop. */
export function endToEnd(
  parsed: http.IncomingHttpHeaders,
  raw: readonly string[],
): http.OutgoingHttpHeaders {
  const named = new Set(
    (parsed.connection ?? '').split(',').map((name) => name.trim().toLowerCase()),
  );
  const headers: http.OutgoingHttpHeaders = {};
  for (const [rawName, value] of pairs(raw)) {
    const name = rawName.toLowerCase();
    if (hopByHop.has(name) || (named.has(name) && !neverNamed.has(name))) continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : [...asList(before), value];
  }
  // Trailers follow chunks alone; Node throws on a promise of any other.
  if (parsed['transfer-encoding'] === undefined) delete headers['trailer'];
  return headers;
}

function asList(value: http.OutgoingHttpHeader): string[] {
  return Array.isArray(value) ? value : [String(value)];
}

/**
 * Status line and headers as they came, ready for a bare socket.
 * @param instead takes the place of what says how long the body is and what becomes of the connection.
 */
export function rawHead(incoming: http.IncomingMessage, instead: readonly string[] = []): string {
  const lines = [`HTTP/1.1 ${incoming.statusCode ?? 502} ${incoming.statusMessage ?? ''}`];
  const replaced = instead.length > 0 ? ['connection', 'keep-alive', 'transfer-encoding'] : [];
  for (const [name, value] of pairs(incoming.rawHeaders)) {
    if (!replaced.includes(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  return [...lines, ...instead, '', ''].join('\r\n');
}

/** Names and values by twos, as Node lists raw headers. */
export function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    found.push([raw[index] ?? '', raw[index + 1] ?? '']);
  }
  return found;
}
