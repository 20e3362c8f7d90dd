import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { hitWriter } from './hit-writer.ts';
import type { HitWriterOptions } from './hit-writer.ts';
import { readHit } from './hit.ts';
import type { Hit } from './hit.ts';
import { painter } from './paint.ts';

function hit(record: Hit['record']): Hit {
  return {
    block: 3,
    position: 14,
    received: '2026-11-22T14:36:49.200000Z',
    class: 'default',
    record: { v: 1, ...record },
  };
}

const CLOSED = hit({
  timestamp: '2026-11-22T14:36:49.123456Z',
  action: 'connection-closed',
  user: 'alice',
  pid: 4711,
  exe: '/usr/bin/curl',
  src_ip: '127.0.0.1',
  src_port: 40_512,
  dest_ip: '::1',
  dest_port: 5432,
  bytes_out: 78,
  bytes_in: 1234,
  duration_us: 12_345,
  observer: 'web-7',
  labels: { team: 'core' },
});
const HOSTILE = hit({
  timestamp: '2026-11-22T14:36:50.000000Z',
  action: 'login-failed',
  user: '\u001b]0;pwned\u0007\u009b2J"x",\n',
});

function written(options: Partial<HitWriterOptions>, hits: readonly Hit[] = [CLOSED, HOSTILE]): string[] {
  const all = { format: 'table', fields: undefined, columns: undefined, paint: painter(false), time: 'full' } as const;
  return hitWriter({ ...all, ...options })(hits);
}

describe('formats', () => {
  test('table', () => {
    expect(written({}, [CLOSED])).toEqual(
      [
        'TIME (UTC)               ACTION  USER    PID  PROCESS        SOURCE              DESTINATION  DETAIL             OBSERVER',
        '2026-11-22 14:36:49.123  closed  alice  4711  /usr/bin/curl  127.0.0.1:40512  →  [::1]:5432   ↑78 B ↓1.2 kB 12 ms  web-7',
      ].map((line) => line.replace('DETAIL             ', 'DETAIL               ')),
    );
  });

  test('jsonl: the record flat, with where it stands', () => {
    expect(JSON.parse(written({ format: 'jsonl' })[0] ?? '')).toEqual({
      ...CLOSED.record,
      received: CLOSED.received,
      class: 'default',
      block: 3,
      position: 14,
    });
  });

  test('template: exactly the five fields, as texts', () => {
    expect(written({ format: 'template' }).map((line) => JSON.parse(line))).toEqual([
      {
        timestamp: CLOSED.record['timestamp'],
        user: 'alice',
        src_port: '40512',
        dest_port: '5432',
        action: 'connection-closed',
      },
      {
        timestamp: HOSTILE.record['timestamp'],
        user: HOSTILE.record['user'],
        src_port: '',
        dest_port: '',
        action: 'login-failed',
      },
    ]);
    expect(Object.keys(JSON.parse(written({ format: 'template' })[0] ?? ''))).toEqual([
      'timestamp',
      'user',
      'src_port',
      'dest_port',
      'action',
    ]);
  });

  test('csv: RFC 4180, a header once, values exactly as they are', () => {
    const write = hitWriter({
      format: 'csv',
      fields: ['user', 'dest_port', 'labels.team', 'block'],
      columns: undefined,
      paint: painter(false),
      time: 'full',
    });
    expect(write([CLOSED])).toEqual(['user,dest_port,labels.team,block', 'alice,5432,core,3']);
    expect(write([HOSTILE])).toEqual(['"\u001b]0;pwned\u0007\u009b2J""x"",\n",,,3']);
  });

  test('yaml reads back as the record', () => {
    const [first = '', second = ''] = written({ format: 'yaml' });
    expect(parse(first)).toEqual([
      { ...CLOSED.record, received: CLOSED.received, class: 'default', block: 3, position: 14 },
    ]);
    expect(parse(second)[0].user).toBe(HOSTILE.record['user']);
  });

  test.each(['table', 'jsonl', 'csv', 'yaml', 'template'] as const)(
    '%s sends no control character to a terminal',
    (format) => {
      const text = written({ format, columns: 200 }).join('');
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    },
  );

  test('a table on a terminal fits it, at any width from 72 on', () => {
    for (let columns = 72; columns < 200; columns += 1) {
      for (const line of written({ columns })) expect(line.length, `${columns}: ${line}`).toBeLessThanOrEqual(columns);
    }
  });
});

describe('hits', () => {
  test('fields of later versions are kept, what is no hit is not taken', () => {
    const known = {
      block: 1,
      position: 2,
      received: 'r',
      class: 'c',
      record: { user: 'a', later: 1, nested: { x: 'y', z: 1 }, gone: null },
    };
    expect(readHit(known)?.record).toEqual({ user: 'a', later: 1, nested: { x: 'y' } });
    for (const input of [null, [], 'x', {}, { record: {} }, { ...known, block: '1' }])
      expect(readHit(input)).toBeUndefined();
  });
});
