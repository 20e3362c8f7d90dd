import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { roundByteSize } from '../config/byte-size.ts';
import { systemCodeOf } from '../failure.ts';
import { DISK_FREE_BYTES_LOW } from '../limits.ts';
import { broken, good, limited } from './finding.ts';
import type { Finding } from './finding.ts';

/** The data folder: that it can be written, that others can't look into it, that there is room. */
export async function storageChecks(dataDir: string): Promise<Finding[]> {
  const existing = await nearestExisting(dataDir);
  return Promise.all([folderCheck(dataDir, existing), keysCheck(dataDir), spaceCheck(existing)]);
}

async function folderCheck(dataDir: string, existing: string): Promise<Finding> {
  const isWritable = await access(existing, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable)
    return broken(
      'data folder',
      `${existing} can’t be written`,
      'run as its owner, or give another one with --data DIR',
    );
  if (existing !== dataDir) return good('data folder', `${dataDir} is made at the first start`);
  const { mode } = await stat(dataDir);
  if ((mode & 0o002) !== 0)
    return broken('data folder', `${dataDir} can be written by everyone`, `chmod 700 ${dataDir}`);
  if ((mode & 0o077) !== 0)
    return limited('data folder', `${dataDir} can be read by other users`, `chmod 700 ${dataDir}`);
  return good('data folder', dataDir);
}

async function keysCheck(dataDir: string): Promise<Finding> {
  const keys = path.join(dataDir, 'keys');
  try {
    const { mode } = await stat(keys);
    if ((mode & 0o077) === 0) return good('keys', `${keys} is its owner’s alone`);
    return broken(
      'keys',
      `${keys} can be read by other users: the log’s key may be known`,
      `chmod 700 ${keys}, and see SECURITY.md`,
    );
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return good('keys', 'are made at the first start');
    return limited('keys', `${keys} can’t be looked at`, 'run doctor as the user that owns the data folder');
  }
}

async function spaceCheck(existing: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  if (free >= DISK_FREE_BYTES_LOW) return good('disk', `${roundByteSize(free)} free`);
  return limited(
    'disk',
    `only ${roundByteSize(free)} free`,
    'free some: when the disk is full nothing is accepted any more',
  );
}

async function nearestExisting(dir: string): Promise<string> {
  for (let at = dir; ; at = path.dirname(at)) {
    const exists = await stat(at).then(
      () => true,
      () => false,
    );
    if (exists || at === path.dirname(at)) return at;
  }
}
