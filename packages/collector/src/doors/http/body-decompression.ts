import type { Result } from '@portledger/format';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import type { Gunzip, ZstdDecompress } from 'node:zlib';
import type { HttpFault } from '../../http/http-fault.ts';
import {
  COMPRESSED_FRAMES_MAX,
  DECOMPRESSION_RATIO_FREE_BYTES,
  DECOMPRESSION_RATIO_MAX,
  ZSTD_WINDOW_LOG_MAX,
} from '../../limits.ts';
import type { InFlightShare } from '../in-flight.ts';
import type { BodyPool } from './body-pool.ts';
import { BodyBuffer } from './body-reader.ts';
import type { Body } from './body-reader.ts';

export type BodyEncoding = 'gzip' | 'zstd';

/** Bytes a decoder gives at once. */
const OUTPUT_CHUNK_BYTES = 256 * 1024;

function decoderOf(encoding: BodyEncoding): Gunzip | ZstdDecompress {
  switch (encoding) {
    case 'gzip':
      return createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
    case 'zstd':
      return createZstdDecompress({
        chunkSize: OUTPUT_CHUNK_BYTES,
        params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
      });
    default:
      return encoding satisfies never;
  }
}

/** Decompressed bytes as they come, with the bounds that make a bomb cost no more than an honest body. */
class Output {
  readonly body: BodyBuffer;
  readonly #compressedBytes: number;
  readonly #bytesMax: number;
  readonly #share: InFlightShare;

  constructor(compressedBytes: number, bytesMax: number, share: InFlightShare, pool: BodyPool) {
    this.body = new BodyBuffer(OUTPUT_CHUNK_BYTES, pool);
    this.#compressedBytes = compressedBytes;
    this.#bytesMax = bytesMax;
    this.#share = share;
  }

  add(chunk: Buffer): HttpFault | undefined {
    const length = this.body.length + chunk.length;
    if (length > this.#bytesMax) {
      return { code: 'body-bomb', message: `The body decompresses to more than ${this.#bytesMax} bytes.` };
    }
    if (length > DECOMPRESSION_RATIO_FREE_BYTES && length > this.#compressedBytes * DECOMPRESSION_RATIO_MAX) {
      return {
        code: 'body-bomb',
        message: `The body decompresses to more than ${DECOMPRESSION_RATIO_MAX} times its size.`,
      };
    }
    if (!this.#share.grow(chunk.length)) return { code: 'overloaded' };
    this.body.add(chunk);
    return undefined;
  }
}

/** Decodes one frame from the start of `bytes`; the value is how many bytes it took. */
function decodeFrame(bytes: Buffer, encoding: BodyEncoding, output: Output): Promise<Result<number, HttpFault>> {
  const { promise, resolve } = Promise.withResolvers<Result<number, HttpFault>>();
  const decoder = decoderOf(encoding);
  decoder.on('data', (chunk: Buffer) => {
    const fault = output.add(chunk);
    if (fault === undefined) return;
    resolve({ ok: false, fault });
    decoder.destroy();
  });
  decoder.on('end', () => {
    resolve({ ok: true, value: decoder.bytesWritten });
  });
  decoder.on('error', () => {
    resolve({ ok: false, fault: { code: 'body-invalid', message: `The body is not whole, valid ${encoding}.` } });
  });
  decoder.end(bytes);
  return promise;
}

/**
 * Decompresses a body within bounds. Node's zstd decoder stops after one frame and says nothing of what follows, so
 * the frames are decoded one by one until all bytes are used: a body of several frames is read whole or refused.
 */
export async function decompressBody(
  body: Body,
  encoding: BodyEncoding,
  bytesMax: number,
  share: InFlightShare,
  pool: BodyPool,
): Promise<Result<BodyBuffer, HttpFault>> {
  const output = new Output(body.length, bytesMax, share, pool);
  const fault = await decodeFrames(body, encoding, output);
  if (fault === undefined) return { ok: true, value: output.body };
  output.body.release();
  return { ok: false, fault };
}

async function decodeFrames(body: Body, encoding: BodyEncoding, output: Output): Promise<HttpFault | undefined> {
  let at = 0;
  for (let frames = 0; at < body.length; frames += 1) {
    if (frames >= COMPRESSED_FRAMES_MAX) {
      return { code: 'body-bomb', message: `The body has more than ${COMPRESSED_FRAMES_MAX} compressed frames.` };
    }
    const decoded = await decodeFrame(body.bytes.subarray(at, body.length), encoding, output);
    if (!decoded.ok) return decoded.fault;
    if (decoded.value === 0) return { code: 'body-invalid', message: `The body is not valid ${encoding}.` };
    at += decoded.value;
  }
  return undefined;
}
