import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const CONFIG = `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa_config]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
signer_digest = sha256
`;

export type OpensslAuthority = AsyncDisposable & {
  readonly url: string;
  readonly caFile: string;
  readonly caPem: string;
  readonly requests: () => number;
  /** What `openssl ts -reply` says to a query. */
  reply(query: Uint8Array): Buffer;
  /** Answers from now on with what is given instead. */
  answerWith(answer: Uint8Array | undefined): void;
};

function openssl(cwd: string, ...args: readonly string[]): Buffer {
  return execFileSync('openssl', args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
}

function makeAuthority(dir: string, key: readonly string[]): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'conf'), CONFIG);
  writeFileSync(join(dir, 'serial'), '01\n');
  const newKey = ['req', '-config', 'conf', '-nodes', '-newkey', ...key];
  openssl(
    dir,
    ...newKey,
    '-x509',
    '-extensions',
    'ca',
    '-subj',
    '/CN=Test CA',
    '-days',
    '2',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl(dir, ...newKey, '-subj', '/O=Test/CN=Test TSA', '-keyout', 'tsa.key', '-out', 'tsa.csr');
  const issue = [
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
  ];
  openssl(dir, ...issue, '-extfile', 'conf', '-extensions', 'tsa', '-out', 'tsa.pem');
}

/** A time stamp authority of OpenSSL with a CA of its own, behind HTTP on loopback. `key` are arguments of `openssl req -newkey`. */
export async function opensslAuthority(dir: string, key: readonly string[] = ['rsa:2048']): Promise<OpensslAuthority> {
  makeAuthority(dir, key);
  let canned: Uint8Array | undefined;
  let requests = 0;
  const reply = (query: Uint8Array): Buffer => {
    writeFileSync(join(dir, 'query'), query);
    const files = [
      '-queryfile',
      'query',
      '-signer',
      'tsa.pem',
      '-inkey',
      'tsa.key',
      '-chain',
      'ca.pem',
      '-out',
      'reply',
    ];
    openssl(dir, 'ts', '-reply', '-config', 'conf', '-section', 'tsa_config', ...files);
    return readFileSync(join(dir, 'reply'));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests += 1;
      response.setHeader('Content-Type', 'application/timestamp-reply').end(canned ?? reply(Buffer.concat(chunks)));
    });
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/tsa`,
    caFile: join(dir, 'ca.pem'),
    caPem: readFileSync(join(dir, 'ca.pem'), 'utf8'),
    requests: () => requests,
    reply,
    answerWith: (answer) => {
      canned = answer;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What `openssl ts -verify` says of a stored time stamp. */
export function opensslVerifies(noteFile: string, answerFile: string, caFile: string): boolean {
  return spawnSync('openssl', ['ts', '-verify', '-data', noteFile, '-in', answerFile, '-CAfile', caFile]).status === 0;
}
