import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';

const BLOCK_BYTES = 512;

/** A file of the archive: small ones as bytes, large ones by the path that they are read from. */
export type TarEntry = { readonly name: string; readonly content: Uint8Array | { readonly path: string } };

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits - 1, '0')}\0`;
}

/** The header of a plain file (POSIX.1-1988 ustar). Names are ours, ASCII and short. */
function header(name: string, bytes: number, modifiedSeconds: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0, 100, 'latin1');
  block.write(
    octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(bytes, 12) + octal(modifiedSeconds, 12),
    100,
    'latin1',
  );
  block.write('        0', 148, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148, 'latin1');
  return block;
}

/** The pieces of a stream of bytes, which Node's types know as anything. */
async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    const piece: unknown = chunk;
    if (piece instanceof Uint8Array) yield piece;
  }
}

/** The bytes of a tar file, as they come. */
export async function* tarBytes(entries: readonly TarEntry[], modifiedSeconds: number): AsyncGenerator<Uint8Array> {
  for (const { name, content } of entries) {
    const bytes = 'path' in content ? statSync(content.path).size : content.length;
    yield header(name, bytes, modifiedSeconds);
    if ('path' in content) yield* chunksOf(createReadStream(content.path));
    else yield content;
    yield Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}
