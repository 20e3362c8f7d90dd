import type { Owner } from '../capture/capture-event.ts';
import { COMM_BYTES, PROCESS } from './event-layout.ts';
import { PATHS_MAX } from './limits.ts';

const LOGIN_UID_UNSET = 4_294_967_295;
const WORD_BYTES = 4;

/** Makes owners of process events. Paths that many processes share are kept once. */
export class ProcessEvents {
  readonly #paths = new Map<string, string>();

  owner(words: Uint32Array, at: number): Owner {
    const bytes = Buffer.from(words.buffer, words.byteOffset + at * WORD_BYTES);
    const head = words[at + PROCESS.head] ?? 0;
    const loginUid = words[at + PROCESS.loginUid] ?? LOGIN_UID_UNSET;
    const pathBytes = words[at + PROCESS.pathBytes] ?? 0;
    const exe = this.#path(bytes, PROCESS.exe, pathBytes & 0xffff, ((head >>> 16) & 255) !== 0);
    const cgroupPath = this.#path(bytes, PROCESS.cgroup, pathBytes >>> 16, head >>> 24 !== 0);
    const parentComm = comm(bytes, PROCESS.parentComm);
    return {
      pid: words[at + PROCESS.tgid] ?? 0,
      uid: words[at + PROCESS.uid] ?? 0,
      ...(loginUid === LOGIN_UID_UNSET ? {} : { loginUid }),
      cgroupId: bytes.readBigUInt64LE(PROCESS.cgroupId * WORD_BYTES),
      startNs: bytes.readBigUInt64LE(PROCESS.start * WORD_BYTES),
      comm: comm(bytes, PROCESS.comm),
      ...(exe === '' ? {} : { exe: ((head >>> 8) & 255) === 0 ? exe : `${exe} (deleted)` }),
      ppid: words[at + PROCESS.parentTgid] ?? 0,
      ...(parentComm === '' ? {} : { parentComm }),
      cgroupPath: cgroupPath === '' ? '/' : cgroupPath,
    };
  }

  /** The names come leaf first, each ended by NUL. A path too long for the event lacks its beginning. */
  #path(bytes: Buffer, word: number, length: number, truncated: boolean): string {
    if (length === 0) return '';
    const begin = word * WORD_BYTES;
    const names = bytes
      .toString('utf8', begin, begin + length - 1)
      .split('\0')
      .reverse();
    const path = `${truncated ? '…' : ''}/${names.join('/')}`;
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    if (this.#paths.size >= PATHS_MAX) this.#paths.clear();
    this.#paths.set(path, path);
    return path;
  }
}

function comm(bytes: Buffer, word: number): string {
  const begin = word * WORD_BYTES;
  const end = bytes.indexOf(0, begin);
  return bytes.toString('utf8', begin, Math.min(end === -1 ? begin : end, begin + COMM_BYTES));
}
