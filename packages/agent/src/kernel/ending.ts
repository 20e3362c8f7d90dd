import { constants } from 'node:os';
import type { CaptureReason } from '../capture/capture-event.ts';
import { FLAG, TCP_STATE } from './event-layout.ts';

/** What a socket's last state change carries. */
export type Ending = {
  readonly flags: number;
  /** TCP state that it left. */
  readonly state: number;
  /** Pending error of the socket, an errno; 0 = none. */
  readonly error: number;
  /** 3 = its own process has closed it. */
  readonly shutdown: number;
  readonly localPort: number;
};

export type EndingReason = { readonly reason?: CaptureReason; readonly resetBySelf?: boolean };

const errno = constants.errno;
const CLOSED_BY_SELF = 3;

/** Why connect() did not succeed. */
export function failureReason({ error, shutdown, localPort }: Ending): CaptureReason {
  const known = errorReason(error);
  if (error === errno.ECONNREFUSED) return 'refused';
  if (known !== undefined) return known;
  return shutdown === CLOSED_BY_SELF || localPort !== 0 ? 'interrupted' : 'local-error';
}

/** Why an established connection ended, when it did not end as both sides wished; and who sent a reset. */
export function closingReason(ending: Ending): EndingReason {
  const { flags, state, error } = ending;
  const untaken = (flags & (FLAG.active | FLAG.accepted | FLAG.standing)) === 0;
  const reset = resetBySelf(state, error);
  const reason = untaken ? 'not-accepted' : (errorReason(error) ?? (reset === true ? 'reset' : undefined));
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(reset === undefined ? {} : { resetBySelf: reset }),
  };
}

/** Leaving these states without an error means that the process closed with unread data or without lingering: RST. */
function resetBySelf(state: number, error: number): boolean | undefined {
  if (error === errno.ECONNRESET || error === errno.EPIPE || error === errno.ECONNREFUSED) return false;
  if (error === errno.ECONNABORTED) return true;
  return error === 0 && (state === TCP_STATE.established || state === TCP_STATE.closeWait) ? true : undefined;
}

function errorReason(error: number): CaptureReason | undefined {
  switch (error) {
    case 0:
      return undefined;
    case errno.ECONNRESET:
    case errno.EPIPE:
    case errno.ECONNREFUSED:
      return 'reset';
    case errno.ETIMEDOUT:
      return 'timed-out';
    case errno.ECONNABORTED:
      return 'aborted';
    default:
      // Everything else reaches a socket as an ICMP answer (ip_icmp_error_rfc1122 and icmpv6_err_convert in the kernel).
      return 'unreachable';
  }
}
