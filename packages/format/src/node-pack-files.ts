import { createReadStream, existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { PACK_HEAD_PATH, PACK_PROOFS_PATH } from './verification/pack-files.ts';
import type { PackFiles } from './verification/pack-files.ts';

const TAR_BLOCK_BYTES = 512;
/** Bytes of any file of a pack but the proofs. */
const SMALL_FILE_BYTES_MAX = 1 << 20;
const ZSTD_MAGIC = 0xfd2fb528;

/** A pack that can't be read as one. The message is for a person. */
export class PackError extends Error {}

function textAt(header: Buffer, from: number, to: number): string {
  return header.toString('latin1', from, to).replace(/\0.*$/s, '');
}

/** Node's types do not say what a stream of bytes yields. */
async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    const piece: unknown = chunk;
    if (Buffer.isBuffer(piece)) yield piece;
  }
}

/** Goes through a tar file (POSIX ustar), of which only plain files count. `take` says which to have in pieces. */
async function* tarEntries(file: string): AsyncGenerator<{ readonly name: string; readonly piece: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  let name = '';
  let left = 0;
  let padding = 0;
  const source = createReadStream(file);
  const bytes = (await isZstd(file)) ? source.pipe(createZstdDecompress()) : source;
  for await (const chunk of chunksOf(bytes)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (left > 0 && rest.length > 0) {
        const piece = rest.subarray(0, left);
        yield { name, piece };
        left -= piece.length;
        rest = rest.subarray(piece.length);
      }
      const skipped = left === 0 ? Math.min(padding, rest.length) : 0;
      padding -= skipped;
      rest = rest.subarray(skipped);
      if (left > 0 || padding > 0 || rest.length < TAR_BLOCK_BYTES) break;
      name = textAt(rest, 0, 100);
      left = name === '' ? 0 : Number.parseInt(textAt(rest, 124, 136), 8);
      if (!Number.isSafeInteger(left)) throw new PackError(`${file} is no pack: not a tar file`);
      padding = (TAR_BLOCK_BYTES - (left % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
      rest = rest.subarray(TAR_BLOCK_BYTES);
    }
  }
  if (left > 0) throw new PackError(`${file} ends too early: it was cut`);
}

async function isZstd(file: string): Promise<boolean> {
  const stream = createReadStream(file, { start: 0, end: 3 });
  for await (const chunk of chunksOf(stream)) return chunk.length === 4 && chunk.readUInt32LE() === ZSTD_MAGIC;
  return false;
}

/** A pack in a tar file, compressed with zstd or not. Its proofs are read as they come, never whole. */
class TarPack implements PackFiles {
  readonly #file: string;
  readonly #small: ReadonlyMap<string, Buffer>;

  constructor(file: string, small: ReadonlyMap<string, Buffer>) {
    this.#file = file;
    this.#small = small;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#small.get(path);
  }

  lines(path: string): AsyncIterable<string> {
    return createInterface({ input: Readable.from(this.#pieces(path)), crlfDelay: Infinity });
  }

  async *#pieces(path: string): AsyncGenerator<Buffer> {
    for await (const { name, piece } of tarEntries(this.#file)) if (name === path) yield piece;
  }
}

class FolderPack implements PackFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return existsSync(join(this.#folder, path)) ? readFile(join(this.#folder, path)) : undefined;
  }

  lines(path: string): AsyncIterable<string> {
    return createInterface({ input: createReadStream(join(this.#folder, path)), crlfDelay: Infinity });
  }
}

/** Whether a path is a pack, as a tar file or a folder. */
export function isPack(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true ? existsSync(join(path, PACK_HEAD_PATH)) : stat?.isFile() === true;
}

/** Opens a pack. Throws a PackError on a file that is no tar file. */
export async function openPack(path: string): Promise<PackFiles> {
  if (statSync(path).isDirectory()) return new FolderPack(path);
  const small = new Map<string, Buffer>();
  for await (const { name, piece } of tarEntries(path)) {
    if (name === PACK_PROOFS_PATH) continue;
    const whole = Buffer.concat([small.get(name) ?? Buffer.alloc(0), piece]);
    if (whole.length > SMALL_FILE_BYTES_MAX)
      throw new PackError(`${path} is no pack: ${JSON.stringify(name)} is too large`);
    small.set(name, whole);
  }
  if (!small.has(PACK_HEAD_PATH)) throw new PackError(`${path} is no pack: it holds no ${PACK_HEAD_PATH}`);
  return new TarPack(path, small);
}
