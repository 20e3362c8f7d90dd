import { describe, expect, test } from 'vitest';
import { meetsQuorum, parsePolicy, parseVerifierKey, trustCheckpoint } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { atLeast, cosignCheckpoint, type NamedWitness } from './cosign-checkpoint.ts';
import { answeringServer } from './testing/answering-server.ts';
import { ExampleLog } from './testing/example-log.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { startWitness, type WitnessServer } from './witness-server.ts';

const log = new ExampleLog('log.example');
const NAMES = ['a', 'b', 'c'];

async function startThree(dir: string): Promise<WitnessServer[]> {
  return Promise.all(
    NAMES.map((name) =>
      startWitness({
        dir: `${dir}/${name}`,
        name: `${name}.example`,
        logs: [log.vkey],
        port: 0,
        onFault: (error) => expect.unreachable(String(error)),
      }),
    ),
  );
}

function named(servers: readonly { url: string; vkey: string }[], oldSize = 0): NamedWitness[] {
  return servers.map(({ url, vkey }, at) => {
    const key = parseVerifierKey(nodeSha256, vkey);
    if (!key.ok) throw new Error(key.fault.message);
    return { name: NAMES[at] ?? '', url, key: key.value, oldSize };
  });
}

function request(size: number, checkpoint = log.checkpoint(size)) {
  return { checkpoint, proof: (from: number) => log.proof(from, size) };
}

describe('several witnesses', () => {
  test('make a checkpoint that a policy trusts', async () => {
    using folder = temporaryFolder();
    const servers = await startThree(folder.path);
    const witnesses = named(servers);
    const lines = servers.map(({ vkey }, at) => `witness ${NAMES[at] ?? ''} ${vkey}\n`).join('');
    const policy = parsePolicy(nodeSha256, Buffer.from(`log ${log.vkey}\n${lines}group g 2 a b c\nquorum g\n`));
    if (!policy.ok) throw new Error(JSON.stringify(policy.fault));
    const quorum = (signed: ReadonlySet<string>): boolean => meetsQuorum(policy.value, signed);

    const all = await cosignCheckpoint(witnesses, request(5), { quorum: atLeast(3), deadlineMs: 10_000 });
    if (!all.ok) throw new Error(all.fault.message);
    expect([...all.value.signed.keys()].sort()).toEqual(NAMES);
    expect(await trustCheckpoint(policy.value, all.value.checkpoint, nodeVerifyEd25519)).toMatchObject({
      ok: true,
      value: { signed: NAMES.map((witness) => ({ witness })), missing: [] },
    });

    // The same checkpoint again: each new line takes the place of the old one by its key.
    const again = await cosignCheckpoint(witnesses, request(5, all.value.checkpoint), {
      quorum: atLeast(3),
      deadlineMs: 10_000,
    });
    expect(again.ok && again.value.checkpoint.split('\n').length).toBe(all.value.checkpoint.split('\n').length);

    await servers[2]?.close();
    const two = await cosignCheckpoint(witnesses, request(8), { quorum, deadlineMs: 10_000, graceMs: 5_000 });
    expect(two).toMatchObject({ ok: true });
    expect(two.ok && two.value.faults.get('c')).toMatchObject({ code: 'unreachable' });
    expect(two.ok && two.value.signed.get('a')).toMatchObject({ size: 8 });

    await servers[1]?.close();
    const one = await cosignCheckpoint(witnesses, request(9), { quorum, deadlineMs: 10_000 });
    expect(one).toMatchObject({ ok: false, fault: { code: 'quorum-not-met' } });
    expect(one.ok ? '' : one.fault.message).toMatch(/^1 of 3 witnesses cosigned[^]*\n[bc]: .*\n[bc]: /);
    expect(one.ok ? [] : [...one.fault.signed.keys()]).toEqual(['a']);
    await servers[0]?.close();
  });

  test('do not wait for a silent one: neither past the quorum nor past the deadline', async () => {
    using folder = temporaryFolder();
    const servers = await startThree(folder.path);
    await using silent = await answeringServer(() => undefined);
    const witnesses = named(servers.map(({ url, vkey }, at) => ({ url: at === 1 ? silent.url : url, vkey })));
    const met = await cosignCheckpoint(witnesses, request(5), { quorum: atLeast(2), deadlineMs: 600_000 });
    expect(met.ok && met.value.faults.get('b')).toMatchObject({ code: 'abandoned' });
    const unmet = await cosignCheckpoint(witnesses, request(6), { quorum: atLeast(3), deadlineMs: 300 });
    expect(unmet).toMatchObject({ ok: false, fault: { code: 'quorum-not-met' } });
    for (const server of servers) await server.close();
  });

  test('must have names of their own, and a checkpoint to sign', async () => {
    const [one] = named([{ url: 'http://127.0.0.1:9', vkey: witnessKey() }]);
    if (one === undefined) throw new Error('there is no witness');
    const options = { quorum: atLeast(1), deadlineMs: 100 };
    await expect(cosignCheckpoint([one, one], request(5), options)).rejects.toThrow(RangeError);
    await expect(cosignCheckpoint([one], request(5, 'x'), options)).rejects.toThrow(RangeError);
    const none = await cosignCheckpoint([], request(5), options);
    expect(none).toMatchObject({ ok: false, fault: { checkpoint: log.checkpoint(5) } });
  });
});

/** The published key of Sunlight's test witness, which is never asked here. */
function witnessKey(): string {
  return 'witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN';
}
