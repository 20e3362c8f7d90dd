import { hexOf, ipBytes, ipText } from '@portledger/format';

/** Addresses from `low` to `high`, both included, of one family: their bytes as lower-case hex. */
export type IpRange = { readonly low: string; readonly high: string };

/**
 * Reads an address, a CIDR block (`10.0.0.0/8`, `fd00::/8`; bits beyond the prefix are ignored), or an IPv4 address whose
 * last octets are `*` (`10.1.*`). IPv4-mapped IPv6 addresses and blocks mean IPv4, as in the record.
 */
export function parseIpRange(text: string): IpRange | undefined {
  const stars = /^((?:\d{1,3}\.){1,3})\*$/.exec(text)?.[1];
  if (stars !== undefined) {
    const octets = stars.split('.').length - 1;
    return parseIpRange(`${stars}${Array.from({ length: 4 - octets }, () => '0').join('.')}/${octets * 8}`);
  }
  const slash = text.indexOf('/');
  const bytes = ipBytes(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  if (slash < 0) return { low: hexOf(bytes), high: hexOf(bytes) };
  const prefixText = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefixText)) return undefined;
  const mapped = bytes.length === 4 && text.slice(0, slash).includes(':');
  const prefix = Number(prefixText) - (mapped ? 96 : 0);
  if (prefix < 0 || prefix > bytes.length * 8) return undefined;
  return {
    low: hexOf(bytes.map((byte, i) => byte & ~hostMask(prefix, i))),
    high: hexOf(bytes.map((byte, i) => byte | hostMask(prefix, i))),
  };
}

/** The bits of byte `index` that lie beyond the prefix. */
function hostMask(prefix: number, index: number): number {
  const kept = Math.min(8, Math.max(0, prefix - index * 8));
  return 0xff >> kept;
}

/** The range as an address or a CIDR block; undefined if it is neither. */
export function formatIpRange(range: IpRange): string | undefined {
  const low = Buffer.from(range.low, 'hex');
  const text = ipText(low);
  if (range.low === range.high) return text;
  const bits = low.length * 8;
  for (let prefix = 0; prefix < bits; prefix += 1) {
    const block = parseIpRange(`${text}/${prefix}`);
    if (block?.low === range.low && block.high === range.high) return `${text}/${prefix}`;
  }
  return undefined;
}
