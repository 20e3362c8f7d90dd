import type { EnumFieldName } from './fields.ts';
import type { Action, Direction, Outcome, Protocol, UserKind } from './record.ts';

/** Words of other systems for an action, in the form that `termOf` gives. */
export const ACTION_SYNONYMS: Readonly<Record<string, Action>> = {
  connect: 'connection-initiated',
  connected: 'connection-initiated',
  connection: 'connection-initiated',
  'connection-attempt': 'connection-initiated',
  'connection-established': 'connection-initiated',
  'connection-open': 'connection-initiated',
  'connection-opened': 'connection-initiated',
  'connection-started': 'connection-initiated',
  initiated: 'connection-initiated',
  open: 'connection-initiated',
  opened: 'connection-initiated',
  accept: 'connection-accepted',
  accepted: 'connection-accepted',
  allow: 'connection-accepted',
  allowed: 'connection-accepted',
  refused: 'connection-refused',
  reject: 'connection-refused',
  rejected: 'connection-refused',
  block: 'connection-denied',
  blocked: 'connection-denied',
  denied: 'connection-denied',
  deny: 'connection-denied',
  drop: 'connection-denied',
  dropped: 'connection-denied',
  'connection-timeout': 'connection-failed',
  fail: 'connection-failed',
  failed: 'connection-failed',
  timeout: 'connection-failed',
  close: 'connection-closed',
  closed: 'connection-closed',
  'connection-terminated': 'connection-closed',
  disconnect: 'connection-closed',
  disconnected: 'connection-closed',
  disconnection: 'connection-closed',
  listen: 'listener-opened',
  listening: 'listener-opened',
  flow: 'flow-observed',
  'http-request': 'request',
  query: 'request',
  'log-in': 'login',
  'logged-in': 'login',
  logon: 'login',
  'sign-in': 'login',
  'log-out': 'logout',
  'logged-out': 'logout',
  logoff: 'logout',
  'sign-out': 'logout',
  'failed-login': 'login-failed',
  'login-failure': 'login-failed',
};

const OUTCOME_SYNONYMS: Readonly<Record<string, Outcome>> = {
  ok: 'success',
  succeeded: 'success',
  successful: 'success',
  error: 'failure',
  fail: 'failure',
  failed: 'failure',
  deny: 'denied',
  blocked: 'denied',
};

/** Names and IANA numbers of transport protocols. */
const PROTOCOL_SYNONYMS: Readonly<Record<string, Protocol>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmp',
  '132': 'sctp',
  tcp4: 'tcp',
  tcp6: 'tcp',
  udp4: 'udp',
  udp6: 'udp',
  icmp6: 'icmp',
  icmpv6: 'icmp',
  'ipv6-icmp': 'icmp',
};

const DIRECTION_SYNONYMS: Readonly<Record<string, Direction>> = {
  in: 'inbound',
  ingress: 'inbound',
  incoming: 'inbound',
  out: 'outbound',
  egress: 'outbound',
  outgoing: 'outbound',
  lateral: 'internal',
  local: 'loopback',
};

const USER_KIND_SYNONYMS: Readonly<Record<string, UserKind>> = {
  human: 'person',
  user: 'person',
  machine: 'service',
  'service-account': 'service',
};

const SYNONYMS: Partial<Record<EnumFieldName, Readonly<Record<string, string>>>> = {
  action: ACTION_SYNONYMS,
  outcome: OUTCOME_SYNONYMS,
  protocol: PROTOCOL_SYNONYMS,
  direction: DIRECTION_SYNONYMS,
  user_kind: USER_KIND_SYNONYMS,
};

/** A word as the record writes its terms: lower case, parts joined by hyphens. */
function termOf(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-');
}

/** The record's term for a word of any writing; the word's own term where no synonym is known. */
export function termFor(field: EnumFieldName, word: string): string {
  const term = termOf(word);
  const synonyms = SYNONYMS[field] ?? {};
  return Object.hasOwn(synonyms, term) ? (synonyms[term] ?? term) : term;
}
