import type { Libc } from '../libc/libc.ts';
import { USER_LOOKUP_SLOW_MS, USER_MISS_TTL_MS, USER_TTL_MS, USERS_MAX } from '../limits.ts';
import { BoundedCache } from '../process/bounded-cache.ts';
import { readPasswd } from './passwd-file.ts';

/** First pointer of struct passwd: pw_name; the whole struct is smaller than this on every Linux. */
const PASSWD_STRUCT_BYTES = 128;
/** What sysconf(_SC_GETPW_R_SIZE_MAX) suggests, and room for long directory entries. */
const PASSWD_TEXT_BYTES = 16_384;

type Known = { readonly name: string | undefined; readonly untilMs: number };

/** Looks a user's name up through the C library, so that directory services (sssd, LDAP) are asked too. */
export type UserLookup = (uid: number) => string | undefined;

export function libcLookup(libc: Libc): UserLookup {
  const passwd = Buffer.alloc(PASSWD_STRUCT_BYTES);
  const text = Buffer.alloc(PASSWD_TEXT_BYTES);
  const found = Buffer.alloc(8);
  return (uid) => {
    found.fill(0);
    const failed = libc.getpwuidR(uid, passwd, text, text.length, found) !== 0;
    if (failed || found.readBigUInt64LE(0) === 0n) return undefined;
    const start = Number(passwd.readBigUInt64LE(0) - libc.addressOf(text));
    if (start < 0 || start >= text.length) return undefined;
    const end = text.indexOf(0, start);
    return end <= start ? undefined : text.toString('utf8', start, end);
  };
}

/** Without the C library only local users are known. */
export function passwdLookup(path = '/etc/passwd'): UserLookup {
  return (uid) => readPasswd(path)?.get(uid);
}

/** User names by uid, remembered; a directory that answers slowly is left alone for a while, so capture is not held up. */
export class UserNames {
  readonly #lookup: UserLookup;
  readonly #now: () => number;
  readonly #known = new BoundedCache<number, Known>(USERS_MAX);
  #restUntilMs = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(lookup: UserLookup, now: () => number) {
    this.#lookup = lookup;
    this.#now = now;
  }

  name(uid: number): string | undefined {
    const nowMs = this.#now();
    const known = this.#known.get(uid);
    if (known !== undefined && nowMs < known.untilMs) return known.name;
    if (nowMs < this.#restUntilMs) return known?.name;
    const name = this.#lookup(uid);
    const doneMs = this.#now();
    if (doneMs - nowMs > USER_LOOKUP_SLOW_MS) this.#restUntilMs = doneMs + USER_MISS_TTL_MS;
    this.#known.set(uid, { name, untilMs: doneMs + (name === undefined ? USER_MISS_TTL_MS : USER_TTL_MS) });
    return name;
  }
}
