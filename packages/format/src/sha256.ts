/** A hash function over whole inputs, such as SHA-256; synchronous so that trees can be built in a plain loop. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/** Round constants of FIPS 180-4, section 4.2.2: fractional parts of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS = fractionalRoots(64, 1 / 3);
/** Initial state of FIPS 180-4, section 5.3.3: fractional parts of the square roots of the first 8 primes. */
const INITIAL_STATE = fractionalRoots(8, 1 / 2);

/**
 * The first 32 bits of the fractional parts of the primes' roots. A double carries 52 bits of fraction and the
 * roots are under 8 (square) and 7 (cube), so 32 bits of fraction are exact; the tests pin known digests.
 */
function fractionalRoots(count: number, exponent: number): Uint32Array {
  const words = new Uint32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate += 1) {
    if (isPrime(candidate)) {
      const root = candidate ** exponent;
      words[found] = (root - Math.floor(root)) * 2 ** 32;
      found += 1;
    }
  }
  return words;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
    if (candidate % divisor === 0) {
      return false;
    }
  }
  return true;
}

/** SHA-256 (FIPS 180-4) in plain JavaScript, for browsers, whose own digest is asynchronous. 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const state = Uint32Array.from(INITIAL_STATE);
  const schedule = new Uint32Array(64);
  const padded = pad(bytes);
  const view = new DataView(padded.buffer);
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let word = 0; word < 16; word += 1) {
      schedule[word] = view.getUint32(offset + word * 4);
    }
    compress(state, schedule);
  }
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  for (const [word, value] of state.entries()) {
    out.setUint32(word * 4, value);
  }
  return digest;
}

/** Section 5.1.1: a one bit, zeros, and the length in bits as 64 bits, to a multiple of 64 bytes. */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
  return padded;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** Section 6.2.2: one block of 16 words into the state. */
function compress(state: Uint32Array, w: Uint32Array): void {
  for (let t = 16; t < 64; t += 1) {
    const w15 = w[t - 15] ?? 0;
    const w2 = w[t - 2] ?? 0;
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    w[t] = (w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  for (const [word, value] of [a, b, c, d, e, f, g, h].entries()) {
    state[word] = (state[word] ?? 0) + value;
  }
}
