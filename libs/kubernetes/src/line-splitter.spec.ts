import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines } from './line-splitter.js';

async function collect(chunks: Uint8Array[], maxBytes?: number): Promise<string[]> {
  return Array.fromAsync(splitLines(Readable.from(chunks), maxBytes));
}

it('gives the same lines however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !s.includes('\n'))),
      fc.infiniteStream(fc.nat(7)),
      async (lines, sizes) => {
        const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = 1 + (sizes.next().value ?? 0);
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await collect(chunks)).toEqual(lines);
      },
    ),
  );
});

it('gives the last line without a newline, and refuses one without end', async () => {
  expect(await collect([Buffer.from('a\n\nb')])).toEqual(['a', 'b']);
  await expect(collect([Buffer.alloc(20, 'x')], 10)).rejects.toThrow(/longer than 10/);
});
