/** The parts of an image reference as the engine's pull call takes them. */
export interface ImageReference {
  /** `nginx`, `registry:5000/a/b`. */
  readonly name: string;
  /** A tag, or a digest with its algorithm; `latest` when the reference has neither. A digest wins over a tag. */
  readonly tag: string;
}

/** Takes `name[:tag][@digest]` apart. Checks nothing: the engine refuses what is malformed, in its own words. */
export function splitImageReference(reference: string): ImageReference {
  const at = reference.indexOf('@');
  const named = at < 0 ? reference : reference.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const name = colon < 0 ? named : named.slice(0, colon);
  if (at >= 0) return { name, tag: reference.slice(at + 1) };
  return { name, tag: colon < 0 ? 'latest' : named.slice(colon + 1) };
}

/** The registry that holds an image: the first part of its name when that looks like a host, as Docker reads it, else Docker's own. */
export function registryOf(reference: string): string {
  const slash = reference.indexOf('/');
  const first = reference.slice(0, Math.max(slash, 0));
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  return isHost ? first : 'docker.io';
}
