import { LABEL_VALUE_BYTES_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX } from '@portledger/format';
import type { Attribution } from '../attribution/attribution.ts';
import { integerMember, labelsMember, textMember } from './line-text.ts';

/** The parts of a canonical line that stay the same for one owner, each ready to be put between the parts that change. */
export type OwnerFragments = {
  readonly cgroup: string;
  readonly container: string;
  readonly exe: string;
  readonly labels: string;
  readonly labelsStanding: string;
  /** parent, pid, ppid, process: neighbours in canonical order. */
  readonly process: string;
  readonly serviceMember: string;
  readonly destServiceMember: string;
  /** user, user_id, user_kind, user_source. */
  readonly user: string;
};

const STANDING_LABEL: Readonly<Record<string, string>> = { standing: 'true' };

export function ownerFragments(owner: Attribution): OwnerFragments {
  return {
    cgroup: textMember('cgroup', owner.cgroup, PATH_BYTES_MAX),
    container:
      textMember('container', owner.container, NAME_BYTES_MAX) +
      textMember('container_id', owner.containerId, NAME_BYTES_MAX),
    exe: textMember('exe', owner.exe, PATH_BYTES_MAX),
    labels: labelsMember(owner.labels, LABEL_VALUE_BYTES_MAX),
    labelsStanding: labelsMember({ ...owner.labels, ...STANDING_LABEL }, LABEL_VALUE_BYTES_MAX),
    process:
      textMember('parent', owner.parent, NAME_BYTES_MAX) +
      integerMember('pid', owner.pid) +
      integerMember('ppid', owner.ppid) +
      textMember('process', owner.process, NAME_BYTES_MAX),
    serviceMember: textMember('service', owner.service, NAME_BYTES_MAX),
    destServiceMember: textMember('dest_service', owner.service ?? owner.process, NAME_BYTES_MAX),
    user:
      textMember('user', owner.user, NAME_BYTES_MAX) +
      textMember('user_id', owner.userId, NAME_BYTES_MAX) +
      `"user_kind":"${owner.userKind}","user_source":"${owner.userSource}",`,
  };
}

/** Nobody known: nothing is said about the process, and of the user only that it rests on nothing. */
export const NO_OWNER: OwnerFragments = ownerFragments({ userKind: 'unknown', userSource: 'none', labels: {} });
