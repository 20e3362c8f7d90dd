import { ipText } from '@portledger/format';
import { ADDRESSES_MAX } from './limits.ts';

type KnownIpv6 = {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly text: string;
};

/** Canonical text of addresses as they lie in events (network order); a host meets few of them again and again. */
export class AddressTexts {
  readonly #ipv4 = new Map<number, string>();
  readonly #ipv6 = new Map<number, KnownIpv6>();

  text(words: Uint32Array, at: number, family: 4 | 6): string {
    return family === 4 ? this.#ipv4Text(words[at] ?? 0) : this.#ipv6Text(words, at);
  }

  #ipv4Text(word: number): string {
    const known = this.#ipv4.get(word);
    if (known !== undefined) return known;
    const text = `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`;
    if (this.#ipv4.size >= ADDRESSES_MAX) this.#ipv4.clear();
    this.#ipv4.set(word, text);
    return text;
  }

  #ipv6Text(words: Uint32Array, at: number): string {
    const w0 = words[at] ?? 0;
    const w1 = words[at + 1] ?? 0;
    const w2 = words[at + 2] ?? 0;
    const w3 = words[at + 3] ?? 0;
    const hash = (w0 ^ Math.imul(w1, 31) ^ Math.imul(w2, 961) ^ Math.imul(w3, 29_791)) >>> 0;
    const known = this.#ipv6.get(hash);
    if (known !== undefined && known.w0 === w0 && known.w1 === w1 && known.w2 === w2 && known.w3 === w3) {
      return known.text;
    }
    const text = ipText(new Uint8Array(Uint32Array.of(w0, w1, w2, w3).buffer));
    if (this.#ipv6.size >= ADDRESSES_MAX) this.#ipv6.clear();
    this.#ipv6.set(hash, { w0, w1, w2, w3, text });
    return text;
  }
}
