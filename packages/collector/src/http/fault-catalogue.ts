/** One kind of error that the HTTP surface can answer with. */
type FaultEntry = { readonly status: number; readonly message: string; readonly remedy?: string };

/**
 * Every error code of the HTTP surface: its status, its plain message and what the caller can do.
 * docs/reference/errors.md lists the same codes; a test holds the two together.
 */
export const FAULTS = {
  'auth-required': {
    status: 401,
    message: 'This needs a token or a signed-in console.',
    remedy: 'Send "Authorization: Bearer plt_…", or open the console with a fresh link: portledger console.',
  },
  'token-invalid': {
    status: 401,
    message: 'This token is not known here, or was revoked.',
    remedy: 'Check the token, or make a new one: portledger token create.',
  },
  'session-expired': {
    status: 401,
    message: 'The console session has ended.',
    remedy: 'Open the console with a fresh link: portledger console.',
  },
  forbidden: {
    status: 403,
    message: "This token's role does not permit this.",
    remedy: 'Use a token whose role does: portledger token list.',
  },
  'origin-refused': {
    status: 403,
    message: 'A signed-in console may only be written to from its own pages.',
    remedy: 'Use a token instead of the cookie.',
  },
  'host-refused': {
    status: 403,
    message: 'The Host header names a host that this collector does not answer to.',
    remedy: 'Add the name to "collector.hosts_allowed" in portledger.yaml, and start the collector anew.',
  },
  'code-invalid': {
    status: 401,
    message: 'This sign-in code is not valid: it was used already, has expired, or was never given out.',
    remedy: 'Print a fresh link: portledger console.',
  },
  'too-many-attempts': {
    status: 429,
    message: 'Too many failed sign-ins from this address.',
    remedy: 'Wait for the time in Retry-After.',
  },
  'not-found': { status: 404, message: 'There is nothing here.', remedy: 'The API is described at /v1/openapi.json.' },
  'method-not-allowed': { status: 405, message: 'This address does not take this method.' },
  'record-not-found': { status: 404, message: 'No record has this address.' },
  'token-not-found': {
    status: 404,
    message: 'No token has this id or name.',
    remedy: 'See them: portledger token list.',
  },
  'not-sealed': {
    status: 409,
    message: "This record's block is still open; its proof exists once it is sealed, within about a second.",
    remedy: 'Ask again in a second.',
  },
  pruned: { status: 410, message: 'This record was pruned by the retention policy.' },
  'hold-not-found': {
    status: 404,
    message: 'No hold has this name.',
    remedy: 'See them: portledger hold list.',
  },
  'hold-exists': {
    status: 409,
    message: 'A hold of this name is in force.',
    remedy: 'Choose another name, or release that one: portledger hold release.',
  },
  'name-taken': {
    status: 409,
    message: 'A token of this name exists.',
    remedy: 'Choose another name, or revoke that one.',
  },
  'too-many-tokens': {
    status: 409,
    message: 'No more tokens can be made.',
    remedy: 'Revoke tokens that are not used: portledger token revoke.',
  },
  'request-invalid': { status: 400, message: 'The request does not fit its description in /v1/openapi.json.' },
  'query-invalid': { status: 400, message: 'The query cannot be understood.' },
  'cursor-invalid': {
    status: 400,
    message: 'This cursor does not belong to this query.',
    remedy: 'Search again without a cursor.',
  },
  'field-unknown': { status: 400, message: 'No record has a field of this name.' },
  'query-too-costly': {
    status: 400,
    message: 'The query needs more time or memory than it may use.',
    remedy: 'Narrow it, first by time. If it needs memory, raise "index.memory_max" in portledger.yaml.',
  },
  'index-unavailable': {
    status: 503,
    message: 'The index cannot answer now.',
    remedy:
      "Try again: it is started anew by itself. The collector's log has the cause; /v1/status counts the restarts.",
  },
  'body-invalid': { status: 400, message: 'The body cannot be read.' },
  'body-empty': { status: 400, message: 'The body holds no record.' },
  'body-cut-off': { status: 400, message: 'The body ended before its announced length.' },
  'body-timeout': { status: 408, message: 'The body did not arrive in time.', remedy: 'Send smaller bodies.' },
  'body-too-large': {
    status: 413,
    message: 'The body is too large.',
    remedy: 'Send fewer records a request, or raise "collector.body_bytes_max" in portledger.yaml.',
  },
  'body-bomb': {
    status: 413,
    message: 'The body decompresses to far more than it may.',
    remedy: 'Send fewer records a request, or send them uncompressed.',
  },
  'too-many-records': {
    status: 413,
    message: 'The body holds too many records.',
    remedy: 'Send fewer records a request.',
  },
  'content-type-unsupported': {
    status: 415,
    message: 'The body is of a content type that is not taken.',
    remedy: 'Send application/x-ndjson, or application/json with one object or an array.',
  },
  'content-encoding-unsupported': {
    status: 415,
    message: 'The body is of a content encoding that is not taken.',
    remedy: 'Send it as it is, or with Content-Encoding gzip or zstd.',
  },
  'batch-unsigned': {
    status: 403,
    message: 'This observer signs its batches, and this one is not signed.',
    remedy:
      'Records of this observer come from its agent alone. To end that, withdraw its key: portledger observer withdraw. To import others: use another observer name.',
  },
  'batch-key-unknown': {
    status: 403,
    message: 'The batch is signed with a key that is not registered for its observer.',
    remedy:
      'Make a token of role enrol here: portledger token create. Then enrol the agent on its host: portledger agent enrol.',
  },
  'batch-signature-invalid': {
    status: 403,
    message: "The signature is not by the observer's key, or not over this batch.",
    remedy: 'If an agent of this product sent it: its key file is damaged, enrol it anew: portledger agent enrol.',
  },
  'batch-not-as-signed': {
    status: 409,
    message: 'The body is not the one that was signed.',
    remedy: 'Something between agent and collector changes records: look for a proxy that rewrites bodies.',
  },
  'batch-records-refused': {
    status: 400,
    message: 'A record of a signed batch cannot be taken, so none of it is.',
    remedy: 'An agent sends it again in smaller parts by itself.',
  },
  'batch-chain-broken': {
    status: 409,
    message: 'The batch does not follow the last one of its stream.',
    remedy: 'An agent begins a new chain by itself; the break is shown by portledger completeness.',
  },
  'key-proof-invalid': {
    status: 400,
    message: "The proof is not a signature by this key over it and the token's observer.",
    remedy:
      'The token may have been made for another observer name; give that one with --observer: portledger agent enrol.',
  },
  'observer-key-taken': {
    status: 409,
    message: 'Another key is registered for this observer.',
    remedy:
      'If its host was set up anew, withdraw the old key: portledger observer withdraw. Or enrol it with a token of role enrol. If not, somebody else uses its token.',
  },
  'observer-key-not-found': {
    status: 404,
    message: 'No key is registered for this observer.',
    remedy: 'See them: portledger observer list.',
  },
  'too-many-observer-keys': {
    status: 409,
    message: 'No more observers can be enrolled.',
    remedy: 'Withdraw keys that are not used: portledger observer withdraw.',
  },
  overloaded: {
    status: 429,
    message: 'More is arriving than can be made durable.',
    remedy: 'Send the same again after Retry-After.',
  },
  'too-many-queries': {
    status: 429,
    message: 'Too many queries are being answered.',
    remedy: 'Ask again after Retry-After.',
  },
  'too-many-tails': { status: 429, message: 'Too many live tails are open.', remedy: 'Close one, or ask again later.' },
  'header-too-large': { status: 431, message: 'The header is too large.' },
  'disk-full': {
    status: 503,
    message: 'The disk is full: nothing is accepted until there is room.',
    remedy: 'Free space for the data folder.',
  },
  'ledger-read-only': { status: 503, message: 'The ledger cannot be written.', remedy: "See the collector's log." },
  'ledger-stopped': {
    status: 503,
    message: 'The ledger has stopped, because the disk failed it.',
    remedy: 'Look at the disk, then restart the collector: it starts from what is really there.',
  },
  closing: { status: 503, message: 'The collector is closing.', remedy: 'Send the same again after Retry-After.' },
  'ledger-put-back': {
    status: 503,
    message:
      'An observer has seen a later or another state of this ledger: it was put back to an earlier one, or forked.',
    remedy: 'Follow "The ledger was put back" in docs/completeness.md.',
  },
  'not-ready': { status: 503, message: 'The collector is not ready.' },
  internal: {
    status: 500,
    message: 'Something went wrong here, and was logged.',
    remedy: 'Look for the request id in the collector log.',
  },
} as const satisfies Record<string, FaultEntry>;

export type FaultCode = keyof typeof FAULTS;
