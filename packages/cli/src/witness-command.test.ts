import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseVerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { requestCosignature } from '@portledger/witness';
import { ExampleLog } from '../../witness/src/testing/example-log.ts';
import { run, start, temporaryDir } from './testing/portledger.ts';

const LINE = /^witness (\S+) (\S+) (\S+)$/m;

test('a witness runs, cosigns, tells what it did, and is the same one after a restart', async () => {
  await using dir = await temporaryDir();
  const log = new ExampleLog('log.example');
  const data = path.join(dir.path, 'w');
  const list = path.join(dir.path, 'list');
  await writeFile(list, `# the one log\n${log.vkey}\n`);
  const args = ['witness', '--data', data, '--listen', '127.0.0.1:0', '--logs', list];
  const first = start([...args, '--name', 'audit.example/witness']);
  const [, name = '', vkey = '', url = ''] = await first.says(LINE);
  expect(name).toBe('audit.example-witness');
  expect((await stat(path.join(data, 'witness.key'))).mode & 0o777).toBe(0o600);

  const key = parseVerifierKey(nodeSha256, vkey);
  if (!key.ok) throw new Error(key.fault.message);
  const ask = { checkpoint: log.checkpoint(5), oldSize: 0, proof: (from: number) => log.proof(from, 5) };
  expect(await requestCosignature({ url, key: key.value }, ask)).toMatchObject({ ok: true, value: { size: 5 } });
  expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('portledger_witness_requests_total{answer="cosigned"} 1\n');
  expect(metrics).toContain('portledger_witness_log_size{origin="log.example"} 5\n');
  first.child.kill('SIGTERM');
  expect(await first.ended).toMatchObject({ code: 0, err: '' });

  await writeFile(path.join(data, 'logs.txt'), await readFile(list));
  const second = start(['witness', '--data', data, '--listen', '127.0.0.1:0', '--url', 'https://w.example']);
  const [, , sameVkey, publicUrl] = await second.says(LINE);
  expect(sameVkey).toBe(vkey);
  expect(publicUrl).toBe('https://w.example');
  expect(await run([...args])).toMatchObject({ code: 1, err: expect.stringContaining('is in use') });
  second.child.kill('SIGINT');
  expect((await second.ended).code).toBe(130);
});

test('a witness without logs, or with nonsense for one, does not start', async () => {
  await using dir = await temporaryDir();
  const args = ['witness', '--data', dir.path, '--listen', '127.0.0.1:0'];
  expect(await run(args)).toMatchObject({ code: 2, err: expect.stringContaining('trusts no log') });
  await writeFile(path.join(dir.path, 'logs.txt'), 'log.example\n');
  expect(await run(args)).toMatchObject({ code: 2, err: expect.stringContaining('line 1: ') });
  expect(await run([...args, '--logs', 'absent'])).toMatchObject({ code: 2, err: expect.stringContaining('--logs') });
});
