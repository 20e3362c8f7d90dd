import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { closingReason, failureReason } from './ending.ts';
import { FLAG, TCP_STATE } from './event-layout.ts';

const errno = constants.errno;
const ending = { flags: FLAG.active, state: 5, error: 0, shutdown: 3, localPort: 80 };

test.each([
  [{ error: errno.ECONNREFUSED }, 'refused'],
  [{ error: errno.ETIMEDOUT }, 'timed-out'],
  [{ error: errno.EHOSTUNREACH }, 'unreachable'],
  [{ error: errno.ENETUNREACH }, 'unreachable'],
  [{ error: errno.ECONNABORTED }, 'aborted'],
  [{ error: 0 }, 'interrupted'],
  [{ error: 0, shutdown: 0 }, 'interrupted'],
  [{ error: 0, shutdown: 0, localPort: 0 }, 'local-error'],
] as const)('a failed connection with %o: %s', (change, reason) => {
  expect(failureReason({ ...ending, ...change })).toBe(reason);
});

test.each([
  [{}, {}],
  [{ error: errno.ECONNRESET }, { reason: 'reset', resetBySelf: false }],
  [{ error: errno.EPIPE }, { reason: 'reset', resetBySelf: false }],
  [{ error: errno.ETIMEDOUT }, { reason: 'timed-out' }],
  [{ error: errno.ECONNABORTED }, { reason: 'aborted', resetBySelf: true }],
  [{ state: TCP_STATE.established }, { reason: 'reset', resetBySelf: true }],
  [{ state: TCP_STATE.closeWait }, { reason: 'reset', resetBySelf: true }],
  [{ flags: 0 }, { reason: 'not-accepted' }],
  [
    { flags: 0, error: errno.ECONNRESET },
    { reason: 'not-accepted', resetBySelf: false },
  ],
  [{ flags: FLAG.standing }, {}],
] as const)('a connection that ended with %o: %o', (change, expected) => {
  expect(closingReason({ ...ending, ...change })).toEqual(expected);
});
