import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Role } from './principal.ts';
import type { TokenStore } from './token-store.ts';

/** Writes a file that only its owner may read, whole or not at all. */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The token in the file at `path`, made anew when the file is missing or its token is no longer in force.
 * The file is the only place where the token stands in clear.
 */
export function ensureTokenFile(
  store: TokenStore,
  request: { path: string; name: string; role: Role; observer: string; nowMs: number },
): string {
  const standing = readToken(request.path);
  const principal = standing === undefined ? undefined : store.lookup(standing);
  if (standing !== undefined && principal?.role === request.role && principal.observer === request.observer)
    return standing;
  // A token of this name without its file is of no use to anyone who should have it.
  store.revoke(request.name, request.nowMs);
  const made = store.create(request);
  if (!made.ok) throw new Error(`cannot make the token ${request.name}: ${made.fault.code}`);
  writePrivateFile(request.path, `${made.value.token}\n`);
  return made.value.token;
}
