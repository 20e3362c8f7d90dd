import type { UserKind, UserSource } from '@portledger/format';
import type { Owner } from '../capture/capture-event.ts';
import type { ContainerUsers } from './container-users.ts';
import { workloadOf, type Workload } from './cgroup-workload.ts';
import type { UserNames } from './user-names.ts';

/** Who and what is behind a socket, as fields of the record; absent means unknown. */
export type Attribution = {
  readonly user?: string;
  readonly userId?: string;
  readonly userKind: UserKind;
  readonly userSource: UserSource;
  readonly pid?: number;
  readonly ppid?: number;
  readonly process?: string;
  readonly parent?: string;
  readonly exe?: string;
  readonly cgroup?: string;
  readonly containerId?: string;
  readonly container?: string;
  /** The workload's short name; calling or called, by the side the owner is on. */
  readonly service?: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** First uid of people by the default of login.defs(5), UID_MIN. */
const PERSON_UID_MIN = 1000;
/** systemd's dynamic users, and nobody (systemd's UIDS-GIDS document). */
const DYNAMIC_USERS: readonly [number, number] = [61_184, 65_519];
const NOBODY_UID = 65_534;

export type AttributionSources = { readonly users: UserNames; readonly containerUsers: ContainerUsers };

/**
 * Attributes an owner. The user is the login user where a login uid is set: the person who logged in stays the same
 * through sudo and su. Otherwise it is the process's user. `userSource` tells which.
 */
export function attribute(owner: Owner, sources: AttributionSources): Attribution {
  const workload = owner.cgroupPath === undefined ? {} : workloadOf(owner.cgroupPath);
  return {
    ...userOf(owner, workload, sources),
    ...(owner.pid > 0 ? { pid: owner.pid } : {}),
    ...(owner.ppid === undefined || owner.ppid === 0 ? {} : { ppid: owner.ppid }),
    ...(owner.comm === '' ? {} : { process: processName(owner) }),
    ...(owner.parentComm === undefined ? {} : { parent: owner.parentComm }),
    ...(owner.exe === undefined ? {} : { exe: owner.exe }),
    ...(owner.cgroupPath === undefined ? {} : { cgroup: owner.cgroupPath }),
    ...(workload.containerId === undefined ? {} : { containerId: workload.containerId }),
    ...(workload.containerName === undefined ? {} : { container: workload.containerName }),
    ...(workload.service === undefined ? {} : { service: workload.service }),
    labels: labelsOf(owner, workload, sources),
  };
}

/** Node 24 and others name their main thread so, which then is the process's name as well and says nothing. */
const THREAD_NAMES: ReadonlySet<string> = new Set(['MainThread', 'main']);

/** The process's name; where that is only a thread's, the program's. */
function processName({ comm, exe }: Owner): string {
  return THREAD_NAMES.has(comm) && exe !== undefined ? exe.slice(exe.lastIndexOf('/') + 1) : comm;
}

/** For sockets whose process is not known: the socket's user, if that much is known. */
export function attributeUid(uid: number, users: UserNames): Attribution {
  const user = users.name(uid);
  return {
    ...(user === undefined ? {} : { user }),
    userId: String(uid),
    userKind: kindOf(uid, {}),
    userSource: 'process-uid',
    labels: {},
  };
}

type UserFields = Pick<Attribution, 'user' | 'userId' | 'userKind' | 'userSource'>;

function userOf(owner: Owner, workload: Workload, sources: AttributionSources): UserFields {
  if (owner.loginUid !== undefined) {
    // A login uid is given by the host's login programs, so the host's names apply inside containers too.
    const user = sources.users.name(owner.loginUid);
    const known = user === undefined ? {} : { user };
    return { ...known, userId: String(owner.loginUid), userKind: 'person', userSource: 'login-uid' };
  }
  const user = processUser(owner, workload, sources);
  const known = user === undefined ? {} : { user };
  return { ...known, userId: String(owner.uid), userKind: kindOf(owner.uid, workload), userSource: 'process-uid' };
}

function processUser(owner: Owner, workload: Workload, sources: AttributionSources): string | undefined {
  const container = workload.containerId ?? workload.containerName;
  if (container === undefined) return sources.users.name(owner.uid);
  return sources.containerUsers.name(container, owner.pid, owner.uid);
}

/**
 * Without a login, system users and what runs as a system unit or in a container are services. Root outside of those
 * may be a person at a console or a daemon, and a person's uid without a login a cron job or a session without audit.
 */
function kindOf(uid: number, workload: Workload): UserKind {
  const contained = workload.containerId !== undefined || workload.containerName !== undefined;
  const systemUnit = workload.service !== undefined && workload.unitUser === undefined;
  if (contained || systemUnit) return 'service';
  if (uid > 0 && uid < PERSON_UID_MIN) return 'service';
  if (uid === NOBODY_UID || (uid >= DYNAMIC_USERS[0] && uid <= DYNAMIC_USERS[1])) return 'service';
  return 'unknown';
}

function labelsOf(owner: Owner, workload: Workload, sources: AttributionSources): Record<string, string> {
  const labels: Record<string, string> = {};
  if (owner.loginUid !== undefined && owner.loginUid !== owner.uid) {
    labels['process_user'] = processUser(owner, workload, sources) ?? String(owner.uid);
    labels['process_user_id'] = String(owner.uid);
  }
  if (workload.unit !== undefined) labels['systemd_unit'] = workload.unit;
  if (workload.unitUser !== undefined) labels['systemd_user'] = workload.unitUser;
  if (workload.podUid !== undefined) labels['pod_uid'] = workload.podUid;
  if (workload.runtime !== undefined) labels['container_runtime'] = workload.runtime;
  return labels;
}
