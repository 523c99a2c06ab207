/** Of a TLS record: type, version and length. */
const recordHeadBytes = 5;
const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostName = 0;

/** What the beginning of a connection tells: the name that the client asks for, that it gives none that can be read, or not enough yet. */
export type Greeting =
  | { readonly kind: 'named'; readonly servername: string }
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'more' };

const unnamed: Greeting = { kind: 'unnamed' };

/** Reads the server name of a TLS ClientHello (RFC 8446, 4.1.2; RFC 6066, 3). Total: any bytes give an answer. */
export function readGreeting(bytes: Buffer): Greeting {
  if (bytes.length > 0 && bytes[0] !== handshakeRecord) return unnamed;
  if (bytes.length < recordHeadBytes) return { kind: 'more' };
  const recordBytes = recordHeadBytes + bytes.readUInt16BE(3);
  if (bytes.length < recordBytes) return { kind: 'more' };
  try {
    return readHello(bytes.subarray(recordHeadBytes, recordBytes));
  } catch {
    return unnamed;
  }
}

/** @throws RangeError where a length points beyond the end */
function readHello(hello: Buffer): Greeting {
  if (hello.readUInt8(0) !== clientHello) return unnamed;
  // Type, length, version and random; then session id, cipher suites and compressions.
  let at = 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    if (type === serverNameExtension) return readName(hello.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return unnamed;
}

function readName(list: Buffer): Greeting {
  if (list.readUInt8(2) !== hostName) return unnamed;
  const length = list.readUInt16BE(3);
  const name = list.subarray(5, 5 + length);
  return name.length === length ? { kind: 'named', servername: name.toString('latin1') } : unnamed;
}
