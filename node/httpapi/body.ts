import { concatBytes } from '../../common/pure/bytes.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { readUtf8 } from '../../common/pure/utf8.ts';
import { type JsonValue, parseUntrustedJson } from '../../proto/http/json.ts';
import type { Call } from './call.ts';
import type { Headers } from './http.ts';

const jsonType = 'application/json';

/**
 * The JSON body of a request; an empty object when there is none.
 *
 * @throws ShoalError `invalidArgument` for another content type, text that is not acceptable JSON or not UTF-8; `limitExceeded {field: body}`.
 */
export async function readJsonBody(call: Call): Promise<JsonValue> {
  const { headers } = call.request;
  if (!hasBody(headers)) {
    if (headers.get('content-type')) checkContentType(headers);
    return {};
  }
  checkContentType(headers);
  const bytes = await readBody(call);
  if (bytes.length === 0) return {};
  const text = readUtf8(bytes, 0, bytes.length);
  if (text === undefined) {
    throw new ShoalError('invalidArgument', 'body is not UTF-8', {
      fields: { syntax: 'body is not valid UTF-8' },
    });
  }
  return parseUntrustedJson(text);
}

/** All bytes of a request's body. @throws ShoalError `limitExceeded {field: body}`; the context's reason when its signal aborts first. */
async function readBody(call: Call): Promise<Uint8Array> {
  if (Number(call.request.headers.get('content-length') ?? 0) > limits.apiBodyBytes)
    throw tooLarge();
  const { signal } = call.context;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of untilAborted(call.request.body, signal)) {
    pieces.push(piece);
    length += piece.length;
    if (length > limits.apiBodyBytes) throw tooLarge();
  }
  return concatBytes(pieces);
}

function tooLarge(): ShoalError {
  return new ShoalError('limitExceeded', 'request body is too large', {
    fields: { field: 'body', limit: limits.apiBodyBytes },
  });
}

function hasBody(headers: Headers): boolean {
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

/** Docker's own check and words (`httputils.CheckForJSON`). */
function checkContentType(headers: Headers): void {
  const given = headers.get('content-type') ?? '';
  const mediaType = (given.split(';')[0] ?? '').trim().toLowerCase();
  if (mediaType === jsonType) return;
  if (mediaType === '') {
    throw new ShoalError(
      'invalidArgument',
      `malformed Content-Type header (${given}): mime: no media type`,
    );
  }
  throw new ShoalError(
    'invalidArgument',
    `unsupported Content-Type header (${given}): must be '${jsonType}'`,
  );
}

/**
 * The pieces of `source` until `signal` aborts, even while a piece is awaited.
 * @throws the signal's reason.
 */
async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(signal.reason);
  };
  aborted.promise.catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    iterator.return?.().catch(() => undefined);
  }
}
