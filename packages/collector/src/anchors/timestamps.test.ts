import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { opensslAuthority, opensslVerifies } from './testing/openssl-authority.ts';
import { checkTimestamp } from './timestamp-check.ts';
import { requestTimestamp } from './timestamp-client.ts';
import { TimestampFollower } from './timestamp-follower.ts';
import { timestampRequest } from './timestamp-request.ts';

const NOTE = Buffer.from('log.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— log.example AAAAAAAA\n');
const NEVER = new AbortController().signal;

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-tsa-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test.each([[['rsa:2048']], [['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']]])(
  'a stamp by openssl with a key %j is verified here and there, and no altered one is',
  async (key) => {
    const dir = temporaryFolder();
    await using authority = await opensslAuthority(dir, key);
    const stamped = await requestTimestamp({ url: authority.url, trustedCaPem: authority.caPem }, NOTE, NEVER);
    if (!stamped.ok) throw new Error(stamped.fault.message);
    const { answer, facts } = stamped.value;
    expect(Math.abs(Date.parse(facts.time) - Date.now())).toBeLessThan(60_000);
    expect(facts.authority).toBe('O=Test, CN=Test TSA');
    writeFileSync(join(dir, 'note'), NOTE);
    writeFileSync(join(dir, 'answer'), answer);
    expect(opensslVerifies(join(dir, 'note'), join(dir, 'answer'), authority.caFile)).toBe(true);

    expect(checkTimestamp(answer, NOTE, authority.caPem)).toEqual({ ok: true, value: facts });
    expect(checkTimestamp(answer, NOTE.subarray(1), authority.caPem)).toMatchObject({
      fault: { code: 'wrong-content' },
    });
    await using other = await opensslAuthority(join(dir, 'other'));
    expect(checkTimestamp(answer, NOTE, other.caPem)).toMatchObject({ fault: { code: 'not-trusted' } });
    expect(checkTimestamp(answer, NOTE, 'nonsense')).toMatchObject({ fault: { code: 'not-trusted' } });
    expect(checkTimestamp(answer, NOTE, undefined).ok).toBe(true);
    let refused = 0;
    for (let at = 0; at < answer.length; at += 17) {
      const altered = Uint8Array.from(answer);
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
      const checked = checkTimestamp(altered, NOTE, authority.caPem);
      // What nothing depends on, such as the status before the token, may read otherwise; what is stated may not.
      if (checked.ok) expect(checked.value, `byte ${at}`).toEqual(facts);
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(answer.length / 34);
    for (const length of [0, 1, 20, answer.length - 1]) {
      expect(checkTimestamp(answer.subarray(0, length), NOTE, undefined).ok, `cut to ${length}`).toBe(false);
    }
  },
);

test('an answer to another request, a refusal and nonsense are refused', async () => {
  const dir = temporaryFolder();
  await using authority = await opensslAuthority(dir);
  const { url, caPem } = authority;
  authority.answerWith(authority.reply(timestampRequest(NOTE).der));
  expect(await requestTimestamp({ url, trustedCaPem: caPem }, NOTE, NEVER)).toMatchObject({
    fault: { code: 'wrong-nonce' },
  });
  authority.answerWith(authority.reply(Buffer.from('no query')));
  expect(await requestTimestamp({ url, trustedCaPem: caPem }, NOTE, NEVER)).toMatchObject({
    fault: { code: 'refused' },
  });
  authority.answerWith(Buffer.from('<html>'));
  expect(await requestTimestamp({ url, trustedCaPem: caPem }, NOTE, NEVER)).toMatchObject({
    fault: { code: 'malformed' },
  });
  expect(await requestTimestamp({ url: 'tsa', trustedCaPem: caPem }, NOTE, NEVER)).toMatchObject({
    fault: { code: 'bad-address' },
  });
});

test('the published checkpoint is stamped once, stored beside its token, and again when there is a new one', async () => {
  const dir = temporaryFolder();
  const folder = join(dir, 'timestamps');
  await using authority = await opensslAuthority(join(dir, 'tsa'));
  let size = 7;
  const note = (): string => NOTE.toString().replace('\n7\n', `\n${size}\n`);
  const stored = Promise.withResolvers<undefined>();
  const make = (): TimestampFollower =>
    new TimestampFollower({
      log: { head: () => ({ size, checkpoint: note(), vkey: '' }) },
      authority: { url: authority.url, trustedCaPem: authority.caPem },
      folder,
      intervalMs: 5,
      nowMs: () => Date.now(),
      onFault: (fault) => stored.reject(new Error(fault.message)),
      onFailure: stored.reject,
    });
  const names = (): string[] => readdirSync(folder).filter((name) => !name.endsWith('.next'));
  {
    await using follower = make();
    while (follower.last?.size !== size) await Promise.race([new Promise(setImmediate), stored.promise]);
    size = 12;
    while (follower.last?.size !== size) await Promise.race([new Promise(setImmediate), stored.promise]);
  }
  expect(names()).toEqual(['000000000007.note', '000000000007.tsr', '000000000012.note', '000000000012.tsr']);
  for (const name of ['000000000007', '000000000012']) {
    const file = join(folder, name);
    expect(opensslVerifies(`${file}.note`, `${file}.tsr`, authority.caFile)).toBe(true);
    expect(checkTimestamp(readFileSync(`${file}.tsr`), readFileSync(`${file}.note`), authority.caPem).ok).toBe(true);
  }
  const asked = authority.requests();
  {
    await using _again = make();
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  }
  expect(authority.requests()).toBe(asked);
});
