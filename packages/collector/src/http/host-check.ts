import { isIP } from 'node:net';

/** The name in a Host header without its port, in lower case; undefined when it is malformed. */
function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/**
 * Whether a Host header may be answered. A page of another site can make a browser send requests here under a name that
 * it points at this machine (DNS rebinding), so names must be known; an IP literal cannot be rebound.
 */
export function isHostAllowed(header: string | undefined, names: ReadonlySet<string>): boolean {
  const name = header === undefined ? undefined : hostName(header);
  if (name === undefined) return false;
  return isIP(name) !== 0 || name === 'localhost' || names.has(name);
}

/** Whether an Origin header names the very host that the request was sent to. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.host === host.toLowerCase();
}
