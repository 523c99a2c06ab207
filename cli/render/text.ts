/** Characters of an id that tables show. */
const shortIdLength = 12;

/** The first characters of an id, as Docker's tables show it. */
export function shortId(id: string): string {
  return id.slice(0, shortIdLength);
}

/** The text with its first letter in upper case: Docker's way to show states. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Makes control characters visible, so that a name or an error that came from a container cannot drive the terminal
 * or break a line. Line feeds and tabs become blanks.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, showControl);
}

function showControl(character: string): string {
  if (character === '\n' || character === '\r' || character === '\t') return ' ';
  const code = character.charCodeAt(0);
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/**
 * Makes what a container wrote fit for a terminal: colours, tabs and line feeds stay, all that could move the cursor,
 * ask the terminal for answers or set its title becomes visible. Colours end with the text.
 */
export function printableLog(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const parts = text.replaceAll('\r\n', '\n').split(/(\u001b\[[0-9;:]*m|[\n\t])/);
  const shown = parts.map((part, index) => (index % 2 === 1 ? part : printable(part))).join('');
  if (!shown.includes('\u001b')) return shown;
  const reset = '\u001b[0m';
  return shown.endsWith('\n') ? `${shown.slice(0, -1)}${reset}\n` : shown + reset;
}

/**
 * The image as Docker's tables show it: without the digest if there is a tag too, and without the default registry.
 * An image that has no tag is shown as it was given.
 */
export function familiarImage(image: string): string {
  const match = /^(.+?):([\w][\w.-]{0,127})(?:@[\w+.-]+:[0-9a-fA-F]{32,})?$/.exec(image);
  const name = match?.[1];
  const tag = match?.[2];
  if (name === undefined || tag === undefined || name.includes('@')) return image;
  return `${name.replace(/^docker\.io\//, '').replace(/^library\/(?=[^/]+$)/, '')}:${tag}`;
}

/**
 * Orders names so that numbers within them count as numbers: `web.2` comes before `web.10`.
 * @returns below 0, 0 or above 0, as `Array.sort` wants it.
 */
export function compareNatural(left: string, right: string): number {
  const leftParts = splitNumbers(left);
  const rightParts = splitNumbers(right);
  const shared = Math.min(leftParts.length, rightParts.length);
  for (let index = 0; index < shared; index += 1) {
    const order = compareParts(leftParts[index] ?? '', rightParts[index] ?? '');
    if (order !== 0) return order;
  }
  return leftParts.length - rightParts.length || compareText(left, right);
}

function splitNumbers(text: string): readonly string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function compareParts(left: string, right: string): number {
  const areNumbers = /^\d/.test(left) && /^\d/.test(right);
  if (!areNumbers) return compareText(left, right);
  const leftNumber = left.replace(/^0+(?=\d)/, '');
  const rightNumber = right.replace(/^0+(?=\d)/, '');
  return leftNumber.length - rightNumber.length || compareText(leftNumber, rightNumber);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
