import type { Result } from '@portledger/format';

const PORT_MAX = 65_535;

/** Where a server listens. `port` 0 lets the system choose a free one. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** Reads `HOST:PORT`, `[IPv6]:PORT` or a bare `PORT` (on loopback). The fault is a sentence with its remedy. */
export function parseListenAddress(input: string): Result<ListenAddress, string> {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+):)?(\d{1,5})$/.exec(input.trim());
  if (match === null) {
    return {
      ok: false,
      fault: `${JSON.stringify(input)} is not HOST:PORT: write for example 127.0.0.1:7071 or [::1]:7071`,
    };
  }
  const host = (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '');
  const port = Number(match[2]);
  if (port > PORT_MAX) return { ok: false, fault: `${port} is not a port: the highest is ${PORT_MAX}` };
  return { ok: true, value: { host, port } };
}

/** The inverse: IPv6 hosts in brackets. */
export function formatListenAddress(address: ListenAddress): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
