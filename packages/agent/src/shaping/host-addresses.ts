import { existsSync, readdirSync } from 'node:fs';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Direction } from '@portledger/format';
import { ADDRESSES_TTL_MS } from '../limits.ts';

export type InterfaceAddress = { readonly ip: string; readonly prefixBits: number; readonly containerBridge: boolean };

/** The ends of a connection and which of them is the socket that was seen. */
export type SeenEnds = {
  readonly side: 'source' | 'destination';
  readonly sourceIp: string;
  readonly destIp: string;
};

/**
 * Tells a connection's direction from the host's own addresses:
 * - `loopback`: both ends are this host's, or are the same address (which holds inside containers as well);
 * - `internal`: both ends are on this host, at least one in a container, judged by the networks of bridges that lead
 *   to no physical device;
 * - otherwise `outbound` where the source's socket is here, `inbound` where the destination's is.
 * A container that talks to the outside is therefore outbound as its host is.
 */
export class HostAddresses {
  readonly #read: () => readonly InterfaceAddress[];
  readonly #now: () => number;
  #own: ReadonlySet<string> = new Set();
  #containers = new BlockList();
  #anyContainers = false;
  #goodUntilMs = -1;

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number, read: () => readonly InterfaceAddress[] = readInterfaces) {
    this.#now = now;
    this.#read = read;
  }

  direction(ends: SeenEnds): Direction {
    const { sourceIp, destIp, side } = ends;
    if (sourceIp === destIp || (isLoopback(sourceIp) && isLoopback(destIp))) return 'loopback';
    this.#refresh();
    const sourceOwn = this.#isOwn(sourceIp);
    const destOwn = this.#isOwn(destIp);
    if (sourceOwn && destOwn) return 'loopback';
    if (this.#anyContainers && (sourceOwn || this.#inContainer(sourceIp)) && (destOwn || this.#inContainer(destIp))) {
      return 'internal';
    }
    return side === 'source' ? 'outbound' : 'inbound';
  }

  #isOwn(ip: string): boolean {
    return isLoopback(ip) || this.#own.has(ip);
  }

  #inContainer(ip: string): boolean {
    return this.#containers.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4');
  }

  #refresh(): void {
    const nowMs = this.#now();
    if (nowMs < this.#goodUntilMs) return;
    this.#goodUntilMs = nowMs + ADDRESSES_TTL_MS;
    const addresses = this.#read();
    this.#own = new Set(addresses.map(({ ip }) => ip));
    this.#containers = new BlockList();
    const bridged = addresses.filter(({ containerBridge }) => containerBridge);
    this.#anyContainers = bridged.length > 0;
    for (const { ip, prefixBits } of bridged) {
      this.#containers.addSubnet(ip, prefixBits, ip.includes(':') ? 'ipv6' : 'ipv4');
    }
  }
}

/** 127.0.0.0/8 and ::1 (RFC 1122, RFC 4291). */
export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}

function readInterfaces(): InterfaceAddress[] {
  const addresses: InterfaceAddress[] = [];
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    const containerBridge = leadsToContainers(name);
    for (const { address, cidr } of entries ?? []) {
      const bits = Number(cidr?.split('/')[1]);
      const linkLocal = address.startsWith('fe80:');
      addresses.push({ ip: address, prefixBits: bits, containerBridge: containerBridge && bits > 0 && !linkLocal });
    }
  }
  return addresses;
}

/** A bridge none of whose ports is a physical device: docker0, cni0, virbr0. */
function leadsToContainers(name: string): boolean {
  const folder = `/sys/class/net/${name}`;
  if (!existsSync(`${folder}/bridge`)) return false;
  try {
    return readdirSync(`${folder}/brif`).every((port) => !existsSync(`/sys/class/net/${port}/device`));
  } catch {
    return false;
  }
}
