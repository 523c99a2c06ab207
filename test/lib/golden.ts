import { expect } from 'vitest';

/**
 * Compares text with the file `test/testdata/<path>`; `vitest -u` writes it anew.
 * A blank at the end of a line is marked with `$`, as editors strip what nobody sees.
 */
export async function expectGolden(text: string, path: string): Promise<void> {
  const marked = text.replaceAll(/ $/gm, ' $');
  await expect(marked).toMatchFileSnapshot(
    new URL(`../testdata/${path}`, import.meta.url).pathname,
  );
}
