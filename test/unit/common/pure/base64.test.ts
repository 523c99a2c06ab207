// Certificates are shown in base64; the encoder agrees with Node's for every length of the last group.
import { expect, test } from 'vitest';

import { encodeBase64 } from '../../../../common/pure/base64.ts';

test('base64 is what Node makes of the same bytes', () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 167 + length) & 255);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  }
});
