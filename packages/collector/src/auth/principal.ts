/**
 * What a token or session may do: `admin` everything, `read` search and look, `ingest` write records of its own observer,
 * `enrol` register its observer's key once.
 */
export const ROLES = ['admin', 'read', 'ingest', 'enrol'] as const;
export type Role = (typeof ROLES)[number];

/** Who is behind a request. */
export type Principal = {
  readonly kind: 'token' | 'session';
  /** The token's name; a console session carries the name of the token that its sign-in code was made with. */
  readonly name: string;
  readonly role: Role;
  /** The observer that an ingest token may write as, and whose stream its unnumbered records get. */
  readonly observer: string;
};

/** Who may use a route. Declared on every route; a route without it is refused to all. */
export type Access = 'open' | readonly Role[];

export const ADMIN_ONLY: Access = ['admin'];
export const READERS: Access = ['admin', 'read'];
export const WRITERS: Access = ['admin', 'ingest'];
/** Who may register the key of its own observer. */
export const ENROLLERS: Access = ['ingest', 'enrol'];
export const ANYONE_KNOWN: Access = ['admin', 'read', 'ingest'];
