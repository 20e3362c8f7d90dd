import { expect, test } from 'vitest';
import { HostAddresses, type InterfaceAddress } from './host-addresses.ts';
import { ListenerServices } from './listener-services.ts';
import { boundedText } from './line-text.ts';

const LAN = { ip: '192.0.2.1', prefixBits: 24, containerBridge: false };
const DOCKER = { ip: '172.17.0.1', prefixBits: 16, containerBridge: true };
const DOCKER6 = { ip: 'fd00::1', prefixBits: 64, containerBridge: true };

test.each([
  ['source', '127.0.0.1', '127.0.0.2', 'loopback'],
  ['destination', '::1', '::1', 'loopback'],
  ['source', '192.0.2.1', '192.0.2.1', 'loopback'],
  ['source', '192.0.2.1', '127.0.0.1', 'loopback'],
  ['source', '10.9.9.9', '10.9.9.9', 'loopback'],
  ['source', '192.0.2.1', '198.51.100.7', 'outbound'],
  ['destination', '198.51.100.7', '192.0.2.1', 'inbound'],
  ['source', '172.17.0.1', '172.17.0.5', 'internal'],
  ['destination', '172.17.0.5', '172.17.0.6', 'internal'],
  ['source', 'fd00::5', 'fd00::6', 'internal'],
  ['source', '172.17.0.5', '198.51.100.7', 'outbound'],
  ['destination', '198.51.100.7', '172.17.0.5', 'inbound'],
] as const)('%s side, %s to %s: %s', (side, sourceIp, destIp, direction) => {
  const addresses = new HostAddresses(
    () => 0,
    () => [LAN, DOCKER, DOCKER6],
  );
  expect(addresses.direction({ side, sourceIp, destIp })).toBe(direction);
});

test('addresses are read again after a while', () => {
  let nowMs = 0;
  let own: InterfaceAddress[] = [];
  const addresses = new HostAddresses(
    () => nowMs,
    () => own,
  );
  const ends = { side: 'source', sourceIp: '192.0.2.1', destIp: '192.0.2.2' } as const;
  expect(addresses.direction(ends)).toBe('outbound');
  own = [LAN, { ...LAN, ip: '192.0.2.2' }];
  expect(addresses.direction(ends)).toBe('outbound');
  nowMs = 10_000;
  expect(addresses.direction(ends)).toBe('loopback');
});

test('this host’s real interfaces can be read', () => {
  const addresses = new HostAddresses(() => 0);
  expect(addresses.direction({ side: 'source', sourceIp: '192.0.2.200', destIp: '192.0.2.201' })).toBe('outbound');
});

test('a listener answers for its address, or for any, in its own network namespace', () => {
  const listeners = new ListenerServices();
  listeners.opened('127.0.0.1', 80, 1, 'local');
  listeners.opened('0.0.0.0', 80, 1, 'any');
  listeners.opened('::', 443, 1, 'dual');
  expect(listeners.member('127.0.0.1', 80, 1)).toBe('local');
  expect(listeners.member('192.0.2.1', 80, 1)).toBe('any');
  expect(listeners.member('::1', 80, 1)).toBe('');
  expect(listeners.member('192.0.2.1', 80, 2)).toBe('');
  expect(listeners.member('192.0.2.1', 443, 1)).toBe('dual');
  listeners.closed('0.0.0.0', 80, 1);
  expect(listeners.member('192.0.2.1', 80, 1)).toBe('');
  expect(listeners.member('127.0.0.1', 80, 1)).toBe('local');
});

test('text is cut at a character', () => {
  expect(boundedText('ééé', 5)).toBe('éé');
  expect(boundedText('😀', 3)).toBeUndefined();
  expect(boundedText('a\ud800', 10)).toBe('a\ufffd');
  expect(boundedText('', 10)).toBeUndefined();
  expect(boundedText('abc', 3)).toBe('abc');
});
