import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInput } from './input-lines.ts';
import type { Input, InputLine } from './input-lines.ts';

async function allOf(input: Input): Promise<InputLine[]> {
  const lines: InputLine[] = [];
  for await (const line of input.lines()) lines.push(line);
  return lines;
}

const TEXT = '\ufeff{"a":1}\r\n\n  \n{"b":"ä"}\n{"long":"xxxxxxxxxxxxxxxxxxxx"}\n{"last":1}';
const LINES = [
  { number: 1, text: '{"a":1}' },
  { number: 4, text: '{"b":"ä"}' },
  { number: 5, text: undefined },
  { number: 6, text: '{"last":1}' },
];

describe('input lines', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'portledger-input-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function linesOf(content: Uint8Array | string) {
    const file = path.join(dir, 'input');
    await writeFile(file, content);
    const input = await openInput('input', file, Readable.from([]), 20);
    const lines = await allOf(input);
    expect(input.bytesRead()).toBe(input.bytesTotal);
    return lines;
  }

  test.each([
    ['plain', (text: string) => Buffer.from(text)],
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
    ['two gzip members', (text: string) => Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))])],
  ])('%s: numbered as an editor numbers them; too long ones are not kept', async (_name, pack) => {
    expect(await linesOf(pack(TEXT))).toEqual(LINES);
  });

  test('standard input, byte by byte', async () => {
    const bytes = Array.from(Buffer.from(TEXT), (byte) => Buffer.from([byte]));
    const input = await openInput('-', '', Readable.from(bytes), 20);
    expect(await allOf(input)).toEqual(LINES);
  });

  test('nothing at all', async () => {
    expect(await linesOf('')).toEqual([]);
  });

  test('a compressed file that was cut off is an error, not an end', async () => {
    await expect(linesOf(gzipSync(TEXT.repeat(100)).subarray(0, -9))).rejects.toThrow('unexpected end of file');
  });
});
