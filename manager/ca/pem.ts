import { encodeBase64 } from '../../common/pure/base64.ts';

const lineLength = 64;

/** RFC 7468: DER in base 64 lines between BEGIN and END. */
export function toPem(label: string, der: Uint8Array): string {
  const text = encodeBase64(der);
  const lines: string[] = [`-----BEGIN ${label}-----`];
  for (let at = 0; at < text.length; at += lineLength) lines.push(text.slice(at, at + lineLength));
  return [...lines, `-----END ${label}-----`, ''].join('\n');
}
