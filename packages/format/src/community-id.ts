import { ipBytes } from './addresses.ts';
import { encodeBase64 } from './base64.ts';
import type { Hash } from './sha256.ts';

/**
 * The ends of a flow. `protocol` is the IANA number. For ICMP and ICMPv6 the ports are the message's type and code.
 * For protocols without ports leave both out.
 */
export type FlowTuple = {
  readonly protocol: number;
  readonly sourceIp: string;
  readonly destIp: string;
  readonly sourcePort?: number;
  readonly destPort?: number;
};

const ICMP = 1;
const ICMP6 = 58;

/** Message types that answer one another, by Zeek's list, which the specification adopts. */
const ICMP_PAIRS: readonly (readonly [number, number])[] = [
  [8, 0], // echo
  [13, 14], // timestamp
  [15, 16], // information
  [10, 9], // router solicitation, advertisement
  [17, 18], // address mask
];
const ICMP6_PAIRS: readonly (readonly [number, number])[] = [
  [128, 129], // echo
  [130, 131], // multicast listener
  [133, 134], // router
  [135, 136], // neighbour
  [139, 140], // node information
  [144, 145], // home agent address discovery
];

function answerTo(pairs: readonly (readonly [number, number])[], type: number): number | undefined {
  const pair = pairs.find(([asked, answered]) => asked === type || answered === type);
  return pair === undefined ? undefined : pair[0] === type ? pair[1] : pair[0];
}

/** Ports to hash and whether the flow has one way only, so that its ends must keep their order. */
function portsOf(tuple: FlowTuple): { source: number; dest: number; oneWay: boolean } {
  const source = tuple.sourcePort ?? 0;
  const dest = tuple.destPort ?? 0;
  if (tuple.protocol !== ICMP && tuple.protocol !== ICMP6) {
    return { source, dest, oneWay: false };
  }
  const answer = answerTo(tuple.protocol === ICMP ? ICMP_PAIRS : ICMP6_PAIRS, source);
  return { source, dest: answer ?? dest, oneWay: answer === undefined };
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/**
 * Community ID version 1 with seed 0: the same text in both directions of a flow, and the same that Zeek and Suricata
 * give. `sha1` must be SHA-1. Throws a RangeError where an address is none, or one is IPv4 and the other IPv6.
 * Source: corelight/community-id-spec.
 */
export function communityId(tuple: FlowTuple, sha1: Hash): string {
  const sourceIp = ipBytes(tuple.sourceIp);
  const destIp = ipBytes(tuple.destIp);
  if (sourceIp === undefined || destIp === undefined || sourceIp.length !== destIp.length) {
    throw new RangeError(`no flow runs between ${tuple.sourceIp} and ${tuple.destIp}`);
  }
  const { source, dest, oneWay } = portsOf(tuple);
  const order = compareBytes(sourceIp, destIp) || source - dest;
  const ends = [
    { ip: sourceIp, port: source },
    { ip: destIp, port: dest },
  ];
  const [low, high] = order <= 0 || oneWay ? ends : ends.reverse();
  const hasPorts = tuple.sourcePort !== undefined || tuple.destPort !== undefined;
  const length = sourceIp.length;
  const bytes = new Uint8Array(2 + 2 * length + 2 + (hasPorts ? 4 : 0)); // two bytes of seed first, 0
  const view = new DataView(bytes.buffer);
  bytes.set(low?.ip ?? [], 2);
  bytes.set(high?.ip ?? [], 2 + length);
  bytes[2 + 2 * length] = tuple.protocol;
  if (hasPorts) {
    view.setUint16(4 + 2 * length, low?.port ?? 0);
    view.setUint16(6 + 2 * length, high?.port ?? 0);
  }
  return `1:${encodeBase64(sha1(bytes))}`;
}
