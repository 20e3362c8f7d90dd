import { TILE_WIDTH } from './limits.ts';

const LENGTH_BYTES = 2;
/** The longest entry that a 16-bit length can tell. */
const ENTRY_BYTES_MAX = 65_535;

/**
 * A bundle of log entries (C2SP tlog-tiles): each after its length as a big-endian 16-bit number.
 * Throws a RangeError on an entry longer than that can tell, or on more than 256 of them.
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const tooLong = entries.find((entry) => entry.length > ENTRY_BYTES_MAX);
  if (tooLong !== undefined || entries.length > TILE_WIDTH) {
    throw new RangeError(`no bundle holds ${entries.length} entries or one of ${tooLong?.length ?? 0} bytes`);
  }
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint16(at, entry.length);
    bytes.set(entry, at + LENGTH_BYTES);
    at += LENGTH_BYTES + entry.length;
  }
  return bytes;
}

/** The entries of a bundle's bytes; undefined where they are torn or more than 256. */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + LENGTH_BYTES <= bytes.length ? at + LENGTH_BYTES + view.getUint16(at) : Infinity;
    if (end > bytes.length || entries.length === TILE_WIDTH) {
      return undefined;
    }
    entries.push(bytes.slice(at + LENGTH_BYTES, end));
    at = end;
  }
  return entries;
}
