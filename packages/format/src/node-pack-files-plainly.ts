import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { PACK_HEAD_PATH } from './verification/pack-files.ts';
import type { PackFiles } from './verification/pack-files.ts';

/** Whether a path is a pack, as a tar file or a folder. */
export function isPack(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true ? existsSync(join(path, PACK_HEAD_PATH)) : stat?.isFile() === true;
}

/** The files of a tar file (POSIX ustar). */
function tarFiles(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= bytes.length;) {
    const text = (from: number, to: number) => bytes.toString('latin1', at + from, at + to).replace(/\0.*$/s, '');
    const length = Number.parseInt(text(124, 136) || '0', 8);
    if (!(length >= 0 && at + 512 + length <= bytes.length)) throw new Error('not a tar file, or it was cut');
    files.set(text(0, 100), bytes.subarray(at + 512, at + 512 + length));
    at += 512 + Math.ceil(length / 512) * 512;
  }
  return files;
}

/** What node-pack-files.ts does, in short, for the single-file verifier: a pack is read whole. */
export async function openPack(path: string): Promise<PackFiles> {
  let of = (name: string): Buffer | undefined =>
    existsSync(join(path, name)) ? readFileSync(join(path, name)) : undefined;
  if (!statSync(path).isDirectory()) {
    const bytes = readFileSync(path);
    const files = tarFiles(bytes.subarray(0, 4).toString('hex') === '28b52ffd' ? zstdDecompressSync(bytes) : bytes);
    of = (name) => files.get(name);
    if (of(PACK_HEAD_PATH) === undefined) throw new Error(`${path} is no pack: it holds no ${PACK_HEAD_PATH}`);
  }
  return {
    read: (name) => Promise.resolve(of(name)),
    async *lines(name) {
      for (const line of of(name)?.toString().split('\n') ?? []) if (line !== '') yield line;
    },
  };
}
