interface Kind {
  /** Marks that engines and registries leave in their texts. */
  readonly marks: RegExp;
  readonly words: string;
}

/** In the order in which they are asked: what a registry said before what the way to it did. */
const kinds: readonly Kind[] = [
  {
    marks: /no space left on device|disk quota exceeded/i,
    words: 'the disk of this node is full',
  },
  {
    marks: /verification failed for digest|does not match.*digest|unexpected commit digest/i,
    words: 'what the registry sent does not match its digest',
  },
  {
    marks: /no matching manifest for|no match for platform|cannot be used on this platform/i,
    words: 'the image is not made for the platform of this node',
  },
  {
    marks: /toomanyrequests|too many requests|pull rate limit/i,
    words: 'the registry refuses more pulls for now',
  },
  {
    marks: /no basic auth credentials|unauthorized|authentication required|401 unauthorized/i,
    words: 'the registry asks for another login',
  },
  {
    marks: /pull access denied|requested access to the resource is denied|403 forbidden/i,
    words: 'no such repository, or no access to it',
  },
  {
    marks: /manifest unknown|name unknown|\bnot found\b/i,
    words: 'the registry has no such image',
  },
  {
    marks: /x509:|tls:|server gave HTTP response to HTTPS client/i,
    words: 'no trusted connection to the registry',
  },
  {
    marks: /no such host|\blookup\b.*(?:on |: )|name resolution/i,
    words: 'the name of the registry cannot be found',
  },
  {
    marks: /connection refused/i,
    words: 'the registry refuses connections',
  },
  {
    marks: /no route to host|network is unreachable|host is down/i,
    words: 'no network to the registry',
  },
  {
    marks: /timeout|timed out|deadline exceeded|request canceled/i,
    words: 'the registry does not answer',
  },
  {
    marks: /connection reset|broken pipe|unexpected EOF|\bEOF$/i,
    words: 'the connection to the registry broke',
  },
  {
    marks: /received unexpected HTTP status: 5\d\d|50\d (?:internal|bad|service|gateway)/i,
    words: 'the registry has a failure',
  },
];

/**
 * Says in words why a pull failed, before what the engine and the registry said themselves.
 *
 * Swarm mode says only the first part, `No such image: ...`, whatever the reason. A text without a known mark is given as it is.
 */
export function pullFailure(image: string, text: string): string {
  const kind = kinds.find(({ marks }) => marks.test(text));
  const reason = kind === undefined ? text : `${kind.words}: ${text}`;
  return `No such image: ${image}: ${reason}`;
}
