/** Grammar of image references: https://github.com/distribution/reference, name[:tag][@digest]. Linear: no part backtracks over another. */
const domain =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/;
const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tag = /^[\w][\w.-]{0,127}$/;
const digest = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const nameLengthMax = 255;

/** True when `text` names an image as the Docker API accepts it. */
export function isImageReference(text: string): boolean {
  if (text.length > 1024) return false;
  const at = text.indexOf('@');
  if (at >= 0 && !isDigest(text.slice(at + 1))) return false;
  const tagged = at >= 0 ? text.slice(0, at) : text;
  const colon = tagged.lastIndexOf(':');
  const hasTag = colon > tagged.lastIndexOf('/');
  if (hasTag && !tag.test(tagged.slice(colon + 1))) return false;
  return isName(hasTag ? tagged.slice(0, colon) : tagged);
}

function isDigest(text: string): boolean {
  return (
    digest.test(text) && (!text.startsWith('sha256:') || text.length === 'sha256:'.length + 64)
  );
}

function isName(name: string): boolean {
  if (name.length === 0 || name.length > nameLengthMax) return false;
  if (/^[0-9a-f]{64}$/.test(name)) return false;
  const parts = name.split('/');
  const [first = ''] = parts;
  const hasDomain = parts.length > 1 && (/[.:A-Z[]/.test(first) || first === 'localhost');
  if (hasDomain && !domain.test(first)) return false;
  return (hasDomain ? parts.slice(1) : parts).every((part) => pathComponent.test(part));
}
