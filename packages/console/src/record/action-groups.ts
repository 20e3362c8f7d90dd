import type { AccessRecord, Action } from '@portledger/format';

/** The four kinds a reader tells apart at a glance. */
export type ActionGroup = 'opened' | 'closed' | 'failed' | 'other';

export const ACTION_GROUPS: readonly ActionGroup[] = ['opened', 'closed', 'failed', 'other'];

export const GROUP_LABELS: Readonly<Record<ActionGroup, string>> = {
  opened: 'opened',
  closed: 'closed',
  failed: 'failed',
  other: 'other',
};

/** What a group holds, where its name does not say it all. */
export const GROUP_CONTENTS: Readonly<Record<ActionGroup, string>> = {
  opened: 'Connections initiated and accepted',
  closed: 'Connections closed',
  failed: 'Connections refused, failed or denied, and failed logins',
  other: 'Listeners, requests, logins, flows and the system’s own acts',
};

const GROUP_OF_ACTION: Readonly<Partial<Record<Action, ActionGroup>>> = {
  'connection-initiated': 'opened',
  'connection-accepted': 'opened',
  'connection-closed': 'closed',
  'connection-refused': 'failed',
  'connection-denied': 'failed',
  'connection-failed': 'failed',
  'login-failed': 'failed',
};

const GROUPS: ReadonlyMap<string, ActionGroup> = new Map(Object.entries(GROUP_OF_ACTION));

export function groupOfAction(action: string): ActionGroup {
  return GROUPS.get(action) ?? 'other';
}

/** A record's own tone: a failure shows as one whatever its action. */
export function toneOf(record: AccessRecord): ActionGroup {
  if (record.outcome === 'failure' || record.outcome === 'denied') return 'failed';
  return record.action === 'records-lost' ? 'failed' : groupOfAction(record.action);
}

/** `connection-` says nothing in a table where nearly all rows are connections. */
export function shortAction(action: string): string {
  return action.replace(/^connection-/, '');
}
