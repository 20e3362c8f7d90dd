import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dumpRequest, readReply, socketFacts, socketTraffic, TCP_STATE } from './inet-diag.ts';
import { parseTableLine } from './proc-tables.ts';
import type { SocketRow } from './socket-row.ts';
import { SocketTable } from './socket-table.ts';

function message(type: number, payload: Buffer, sequence = 1): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, payload]);
}

describe('netlink replies', () => {
  test('the request is 72 bytes, of the family and states asked for', () => {
    const request = dumpRequest(6, 1 << TCP_STATE.listen, 9);
    expect(request).toHaveLength(72);
    expect([request.readUInt32LE(0), request[16], request[17], request.readUInt32LE(20)]).toEqual([72, 10, 6, 1024]);
  });

  test('an error and the end are told', () => {
    const error = Buffer.alloc(20);
    error.writeInt32LE(-1, 0);
    expect(readReply(message(2, error), 36, 1, () => {})).toEqual({ errno: 1 });
    expect(readReply(message(3, Buffer.alloc(4)), 20, 1, () => {})).toBe('done');
    expect(readReply(message(3, Buffer.alloc(4), 7), 20, 1, () => {})).toBe('more');
  });

  test('any bytes are read without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (noise, framed) => {
        const bytes = framed ? message(20, Buffer.from(noise)) : Buffer.from(noise);
        readReply(bytes, bytes.length, 1, (socket) => {
          socketFacts(socket);
          socketTraffic(socket);
        });
      }),
      { numRuns: 1_000 },
    );
  });
});

test('/proc/net/tcp lines are read, others passed over', () => {
  const line =
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 100';
  expect(parseTableLine(line)?.facts()).toEqual({
    family: 4,
    state: TCP_STATE.listen,
    local: { ip: '127.0.0.1', port: 8080 },
    remote: { ip: '0.0.0.0', port: 0 },
    uid: 1000,
    inode: 12_345,
  });
  const six = line
    .replace('0100007F', '00000000000000000000000001000000')
    .replace('00000000:0000', `${'0'.repeat(32)}:0000`);
  expect(parseTableLine(six)?.facts()).toMatchObject({ family: 6, local: { ip: '::1' }, remote: { ip: '::' } });
  expect(parseTableLine('  sl  local_address rem_address   st tx_queue')).toBeUndefined();
  expect(parseTableLine('')).toBeUndefined();
});

function row(state: number, localPort: number, remotePort: number, cookie = 0, inode = 1): SocketRow {
  const tuple = `${localPort} ${remotePort}`;
  const local = { ip: '192.0.2.1', port: localPort };
  const remote = { ip: state === TCP_STATE.listen ? '0.0.0.0' : '192.0.2.9', port: remotePort };
  const facts = { family: 4, state, local, remote, uid: 0, inode } as const;
  return { key: `${tuple} ${cookie}`, tuple, state, facts: () => facts, traffic: () => undefined };
}

describe('socket table', () => {
  const polls = (table: SocketTable, rows: readonly SocketRow[]): string[] => {
    for (const each of rows) table.see(each);
    return table
      .finish(0)
      .map((change) =>
        change.kind === 'passed'
          ? `passed ${change.side}`
          : `${change.kind} ${change.socket.listener ? 'listener' : change.socket.side}`,
      );
  };
  const listening = row(TCP_STATE.listen, 80, 0);
  const accepted = row(TCP_STATE.established, 80, 40_000);

  test('listeners come first, so that sides are judged by them', () => {
    const table = new SocketTable([32_768, 60_999]);
    expect(polls(table, [accepted, listening])).toEqual(['opened listener', 'opened destination']);
    expect(polls(table, [accepted])).toEqual(['closed listener']);
    expect(polls(table, [])).toEqual(['closed destination']);
  });

  test('TIME_WAIT tells of what passed between polls, once, and not of what was known', () => {
    const table = new SocketTable([32_768, 60_999]);
    const before = row(TCP_STATE.timeWait, 40_001, 90);
    expect(polls(table, [before, accepted])).toEqual(['opened destination']);
    const trace = row(TCP_STATE.timeWait, 40_002, 90);
    expect(polls(table, [before, trace, accepted])).toEqual(['passed source']);
    const ended = row(TCP_STATE.timeWait, 80, 40_000, 5);
    expect(polls(table, [before, trace, ended])).toEqual(['closed destination']);
    expect(polls(table, [trace, ended])).toEqual([]);
    expect(polls(table, [])).toEqual([]);
  });

  test('what nobody has accepted yet is told one poll later, and as passed when it is gone by then', () => {
    const table = new SocketTable([32_768, 60_999]);
    const queued = row(TCP_STATE.established, 80, 40_003, 1, 0);
    expect(polls(table, [listening, queued])).toEqual(['opened listener']);
    expect(polls(table, [listening, row(TCP_STATE.established, 80, 40_003, 1, 9)])).toEqual(['opened destination']);
    const other = row(TCP_STATE.established, 80, 40_004, 2, 0);
    expect(polls(table, [listening, other])).toEqual(['closed destination']);
    expect(polls(table, [listening])).toEqual(['passed destination']);
    expect(polls(table, [listening])).toEqual([]);
  });

  test('a poll that failed half way closes nothing', () => {
    const table = new SocketTable([32_768, 60_999]);
    polls(table, [listening, accepted]);
    table.see(listening);
    table.abandon();
    expect(polls(table, [listening, accepted])).toEqual([]);
  });

  test('a tuple used again by another socket closes the first', () => {
    const table = new SocketTable([32_768, 60_999]);
    polls(table, [row(TCP_STATE.established, 40_000, 80, 1)]);
    expect(polls(table, [row(TCP_STATE.established, 40_000, 80, 2)])).toEqual(['opened source', 'closed source']);
  });
});
