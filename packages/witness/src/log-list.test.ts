import { expect, test } from 'vitest';
import { parseLogList } from './log-list.ts';
import { ExampleLog } from './testing/example-log.ts';

const [one, other] = [new ExampleLog('one.example/log').vkey, new ExampleLog('other.example/log').vkey];

test('a list of keys is read with its comments, and in the log-list format', () => {
  expect(parseLogList(`# ours\n\n${one}\n  ${other}  \r\n`)).toEqual({ ok: true, value: [one, other] });
  const list = `logs/v0\n\nvkey ${one}\nqpd 86400\ncontact sysadmin (at) one.example\nvkey ${other}\norigin other.example/log\nqpd 24\n`;
  expect(parseLogList(list)).toEqual({ ok: true, value: [one, other] });
});

test('every wrong line is named', () => {
  const read = parseLogList(`${one}\nnonsense\n${one.slice(0, -2)}\nvkey ${other}\norigin one.example/log\n`);
  if (read.ok) throw new Error('read');
  expect(read.fault.map((fault) => fault.split(':')[0])).toEqual(['line 2', 'line 3', 'line 5']);
});
