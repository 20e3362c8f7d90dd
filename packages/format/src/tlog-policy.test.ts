import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meetsQuorum, trustCheckpoint } from './checkpoint-trust.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node.ts';
import { exampleNote, exampleSigner, exampleWitness } from './testing/example-witnesses.ts';
import { parsePolicy, POLICY_BYTES_MAX, type Policy } from './tlog-policy.ts';
import { formatVerifierKey, verifierKey } from './verifier-key.ts';

const log = exampleSigner('log.example/a');
const names = ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'];
const witnesses = names.map((name) => exampleWitness(`witness.example/${name}`));
const [x1, x2, , y1] = witnesses;

const TWO_LEVELS = `# Two organisations.
log ${log.vkey} https://log.example/a/

${names.map((name, at) => `witness ${name} ${witnesses[at]?.vkey ?? ''}`).join('\n')}
  \t
\tgroup X-witnesses 2 X1 X2 X3\t
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

function policyOf(text: string): Policy {
  const parsed = parsePolicy(nodeSha256, new TextEncoder().encode(text));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return parsed.value;
}

function faultsOf(text: string | Uint8Array) {
  const parsed = parsePolicy(nodeSha256, typeof text === 'string' ? new TextEncoder().encode(text) : text);
  return parsed.ok ? [] : parsed.fault.map(({ code, line }) => [code, line]);
}

const checkpoint = { origin: 'log.example/a', size: 3, root: new Uint8Array(32).fill(3), extensions: [] };

describe('a policy file', () => {
  test('is read as the specification’s example', () => {
    const policy = policyOf(TWO_LEVELS);
    expect(policy.logs).toEqual([{ key: log.key, url: 'https://log.example/a/' }]);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(names);
    expect(policy.groups).toEqual([
      { name: 'X-witnesses', threshold: 2, members: ['X1', 'X2', 'X3'] },
      { name: 'Y-witnesses', threshold: 1, members: ['Y1', 'Y2', 'Y3'] },
      { name: 'X-and-Y', threshold: 2, members: ['X-witnesses', 'Y-witnesses'] },
    ]);
    expect(policy.quorum).toBe('X-and-Y');
    expect(policyOf('quorum none\n')).toEqual({ logs: [], witnesses: [], groups: [], quorum: 'none' });
  });

  const w = `witness a ${x1?.vkey ?? ''}\n`;
  const renamed = formatVerifierKey(verifierKey(nodeSha256, 'other', x1?.key.publicKey ?? new Uint8Array(), 4));
  test.each([
    ['', [['no-quorum', 0]]],
    ['quorum none', [['malformed-policy', 1]]],
    ['\nquorum none\r\n', [['malformed-policy', 2]]],
    ['quorum none\u007f\n', [['malformed-policy', 1]]],
    ['Quorum none\nquorum none\n', [['unknown-keyword', 1]]],
    ['quorum none\n\nquorum none\n', [['second-quorum', 3]]],
    ['quorum a\n', [['undefined-name', 1]]],
    ['quorum\n', [['wrong-items', 1]]],
    ['quorum none none\n', [['wrong-items', 1]]],
    [`quorum a\n${w}`, [['undefined-name', 1]]],
    ['log\nquorum none\n', [['wrong-items', 1]]],
    ['log nokey\nquorum none\n', [['bad-key', 1]]],
    [`log ${x1?.vkey ?? ''}\nquorum none\n`, [['bad-key', 1]]],
    [`log ${log.vkey} u v\nquorum none\n`, [['wrong-items', 1]]],
    [`log ${log.vkey}\nlog ${log.vkey} u\nquorum none\n`, [['duplicate-key', 2]]],
    [`witness a ${log.vkey}\nquorum a\n`, [['bad-key', 1]]],
    [`witness none ${x1?.vkey ?? ''}\nquorum none\n`, [['duplicate-name', 1]]],
    [`${w}witness b ${renamed}\nquorum a\n`, [['duplicate-key', 2]]],
    [`${w}witness a ${x2?.vkey ?? ''}\nquorum a\n`, [['duplicate-name', 2]]],
    [`${w}group a any a\nquorum a\n`, [['duplicate-name', 2]]],
    [`${w}group g any\nquorum a\n`, [['wrong-items', 2]]],
    [`${w}group g 0 a\nquorum g\n`, [['bad-threshold', 2]]],
    [`${w}group g 2 a\nquorum g\n`, [['bad-threshold', 2]]],
    [`${w}group g 01 a\nquorum g\n`, [['bad-threshold', 2]]],
    [`${w}group g some a\nquorum g\n`, [['bad-threshold', 2]]],
    [`${w}group g any a a\nquorum g\n`, [['used-twice', 2]]],
    [`${w}group g any a\ngroup h any a g\nquorum h\n`, [['used-twice', 3]]],
    [`${w}group g any g\nquorum g\n`, [['undefined-name', 2]]],
    [`${w}group g any none\nquorum g\n`, [['undefined-name', 2]]],
  ])('with a fault tells it and its line: %j', (text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  test('tells all its faults at once, each with a remedy', () => {
    const parsed = parsePolicy(nodeSha256, new TextEncoder().encode('log x\nnonsense\ngroup g 3 a\nquorum g\n'));
    expect(parsed.ok ? [] : parsed.fault.map(({ line }) => line)).toEqual([1, 2, 3, 3]);
    for (const { message } of parsed.ok ? [] : parsed.fault) expect(message).toMatch(/; /);
  });

  test('may hold any octet above ASCII, and compares names by octets', () => {
    const latin = Buffer.from(`# caf\xe9\n${w.replace(' a ', ' \xe9 ')}quorum \xe9\n`, 'latin1');
    expect(faultsOf(latin)).toEqual([]);
    expect(policyOf(`${w.replace(' a ', ' \u212a ')}quorum \u212a\n`).quorum).toBe('\u212a');
    expect(faultsOf(`${w.replace(' a ', ' \u212a ')}quorum K\n`)).toEqual([['undefined-name', 2]]);
  });

  test('of any bytes is read or refused, never thrown at', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => Array.isArray(faultsOf(bytes))));
    expect(faultsOf(new Uint8Array(POLICY_BYTES_MAX + 1).fill(10))).toEqual([['malformed-policy', 0]]);
  });
});

describe('the quorum', () => {
  test('is what the definition says, for every set of witnesses', () => {
    const policy = policyOf(TWO_LEVELS);
    for (let set = 0; set < 64; set += 1) {
      const signed = new Set(names.filter((_, at) => (set & (1 << at)) !== 0));
      const of = (letter: string): number => [...signed].filter((name) => name.startsWith(letter)).length;
      expect(meetsQuorum(policy, signed), [...signed].join()).toBe(of('X') >= 2 && of('Y') >= 1);
    }
    expect(meetsQuorum(policy, new Set(['X-and-Y']))).toBe(false);
  });
});

describe('a checkpoint', () => {
  const policy = policyOf(TWO_LEVELS);
  const enough = [x1, x2, y1].filter((witness) => witness !== undefined);

  test('is trusted with the log and a quorum, and says who signed', async () => {
    const stranger = exampleWitness('stranger.example');
    const note = exampleNote(checkpoint, log, [...enough, stranger]);
    expect(await trustCheckpoint(policy, note, nodeVerifyEd25519)).toEqual({
      ok: true,
      value: {
        checkpoint,
        log: log.key,
        signed: [
          { witness: 'X1', timeSeconds: 100 },
          { witness: 'X2', timeSeconds: 101 },
          { witness: 'Y1', timeSeconds: 102 },
        ],
        missing: ['X3', 'Y2', 'Y3'],
      },
    });
  });

  test('is not without a quorum, and says who is missing', async () => {
    const trust = await trustCheckpoint(policy, exampleNote(checkpoint, log, enough.slice(1)), nodeVerifyEd25519);
    expect(trust).toMatchObject({
      ok: false,
      fault: {
        code: 'quorum-not-met',
        missing: ['X1', 'X3', 'Y2', 'Y3'],
        signed: [{ witness: 'X2' }, { witness: 'Y1' }],
      },
    });
    expect(trust.ok ? '' : trust.fault.message).toContain('X-and-Y has 1 of the 2 it needs; cosigned by X2, Y1');
  });

  test('is not of another log, or another origin, whatever witnesses say', async () => {
    const other = exampleSigner('log.example/b');
    const foreign = exampleNote({ ...checkpoint, origin: 'log.example/b' }, other, enough);
    expect(await trustCheckpoint(policy, foreign, nodeVerifyEd25519)).toMatchObject({ fault: { code: 'unknown-log' } });
    expect(await trustCheckpoint(policy, foreign, nodeVerifyEd25519, [other.key])).toMatchObject({ ok: true });
    const wrong = exampleNote({ ...checkpoint, origin: 'log.example/b' }, log, enough);
    expect(await trustCheckpoint(policy, wrong, nodeVerifyEd25519)).toMatchObject({ fault: { code: 'wrong-origin' } });
  });

  test('needs no witness where the quorum is none', async () => {
    const none = policyOf(`log ${log.vkey}\nquorum none\n`);
    expect(await trustCheckpoint(none, exampleNote(checkpoint, log, []), nodeVerifyEd25519)).toMatchObject({
      ok: true,
    });
  });

  test('with any bit flipped is not trusted', async () => {
    const strict = policyOf(
      `log ${log.vkey}\nwitness a ${x1?.vkey ?? ''}\nwitness b ${x2?.vkey ?? ''}\ngroup g all a b\nquorum g\n`,
    );
    const note = new TextEncoder().encode(exampleNote(checkpoint, log, enough.slice(0, 2)));
    for (let bit = 0; bit < note.length * 8; bit += 1) {
      const flipped = Uint8Array.from(note);
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(flipped);
      expect((await trustCheckpoint(strict, text, nodeVerifyEd25519)).ok, `bit ${bit}`).toBe(false);
    }
  });
});
