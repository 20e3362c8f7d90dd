import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** One line of an input, numbered from 1. `text` is undefined when the line is longer than is taken. */
export type InputLine = { readonly number: number; readonly text: string | undefined };

/** An input as it is being read. `bytesRead` counts what is on disk, compressed or not, for progress. */
export type Input = {
  readonly name: string;
  readonly bytesTotal: number | undefined;
  bytesRead(): number;
  lines(): AsyncGenerator<InputLine>;
};

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const NEWLINE = 0x0a;

/** A file or `-`. Whether it is compressed is told by its first bytes, not by its name. */
export async function openInput(name: string, file: string, stdin: Readable, lineBytesMax: number): Promise<Input> {
  const isStdin = name === '-';
  const bytesTotal = isStdin ? undefined : await sizeOf(file);
  let bytesRead = 0;
  const source: Readable = isStdin ? stdin : createReadStream(file);
  const countedBytes = async function* () {
    for await (const chunk of source) {
      const bytes = Buffer.from(chunk);
      bytesRead += bytes.length;
      yield bytes;
    }
  };
  return {
    name: isStdin ? 'standard input' : name,
    bytesTotal,
    bytesRead: () => bytesRead,
    lines: () => splitLines(decompressed(countedBytes()), lineBytesMax),
  };
}

/** Undefined for what can be read only once and has no size, such as the pipe that the shell's `<(…)` makes. */
async function sizeOf(file: string): Promise<number | undefined> {
  const stats = await stat(file);
  return stats.isFile() ? stats.size : undefined;
}

/** SHA-256 of a file as it is on disk, in hex: the same file imported again is the same stream, so nothing gets in twice. */
export async function fileDigest(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file)) digest.update(chunk);
  return digest.digest('hex');
}

async function* decompressed(bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const first = await bytes.next();
  if (first.done === true) return;
  const whole = async function* () {
    yield first.value;
    yield* bytes;
  };
  const inflate = first.value.subarray(0, 2).equals(GZIP_MAGIC)
    ? createGunzip()
    : first.value.subarray(0, 4).equals(ZSTD_MAGIC)
      ? createZstdDecompress()
      : undefined;
  if (inflate === undefined) {
    yield* whole();
    return;
  }
  const source = Readable.from(whole());
  source.on('error', (error) => inflate.destroy(error));
  for await (const chunk of source.pipe(inflate)) yield Buffer.from(chunk);
}

/** Lines end with \n or \r\n; empty ones are passed over, but counted. */
async function* splitLines(bytes: AsyncGenerator<Buffer>, lineBytesMax: number): AsyncGenerator<InputLine> {
  let number = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const take = (part: Buffer) => {
    heldBytes += part.length;
    if (heldBytes <= lineBytesMax) held.push(part);
  };
  const finish = (): InputLine | undefined => {
    number += 1;
    const text = heldBytes > lineBytesMax ? undefined : Buffer.concat(held).toString('utf8').replace(/\r$/, '');
    held = [];
    heldBytes = 0;
    return text !== undefined && text.trim() === ''
      ? undefined
      : { number, text: number === 1 ? text?.replace(/^\ufeff/, '') : text };
  };
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      start = end + 1;
      const line = finish();
      if (line !== undefined) yield line;
    }
    // A copy: the chunk's memory may be used again by its stream.
    if (start < chunk.length) take(Buffer.from(chunk.subarray(start)));
  }
  if (heldBytes > 0) {
    const line = finish();
    if (line !== undefined) yield line;
  }
}
