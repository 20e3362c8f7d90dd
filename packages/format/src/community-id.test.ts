import { expect, test } from 'vitest';
import { communityId } from './community-id.ts';
import { nodeSha1 } from './node.ts';

/** Published values: corelight/community-id-spec baseline and corelight/pycommunityid tests, seed 0. */
const PUBLISHED: readonly (readonly [number, string, string, number | undefined, number | undefined, string])[] = [
  [6, '128.232.110.120', '66.35.250.204', 34_855, 80, 'LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '66.35.250.204', '128.232.110.120', 80, 34_855, 'LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '10.0.0.1', '10.0.0.2', 10, 11_569, 'SXBGMX1lBOwhhoDrZynfROxnhnM='],
  [6, '2001:470:e5bf:dead:4957:2174:e82c:4887', '2607:f8b0:400c:c03::1a', 63_943, 25, '/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  [6, '2607:f8b0:400c:c03::1a', '2001:470:e5bf:dead:4957:2174:e82c:4887', 25, 63_943, '/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  [17, '192.168.1.52', '8.8.8.8', 54_585, 53, 'd/FP5EW3wiY1vCndhwleRRKHowQ='],
  [17, '8.8.8.8', '192.168.1.52', 53, 54_585, 'd/FP5EW3wiY1vCndhwleRRKHowQ='],
  [132, '192.168.170.8', '192.168.170.56', 7, 7, 'MP2EtRCAUIZvTw6MxJHLV7N7JDs='],
  [132, '192.168.170.56', '192.168.170.8', 80, 7, 'jQgCxbku+pNGw8WPbEc/TS/uTpQ='],
  [1, '192.168.0.89', '192.168.0.1', 8, 0, 'X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.1', '192.168.0.89', 0, 8, 'X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.1', '192.168.0.89', 0, 20, 'X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.89', '192.168.0.1', 20, 0, '3o2RFccXzUgjl7zDpqmY7yJi8rI='],
  [1, '192.168.0.89', '192.168.0.1', 20, 1, 'tz/fHIDUHs19NkixVVoOZywde+I='],
  [1, '10.0.0.1', '10.0.0.2', 11, 0, 'YHxtAirCG//0OzkcVAukqKQN9xM='],
  [58, 'fe80::200:86ff:fe05:80da', 'fe80::260:97ff:fe07:69ea', 135, 136, 'dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 'fe80::200:86ff:fe05:80da', 136, 0, 'dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, '3ffe:501:1800:2345::2', '3ffe:507:0:1:200:86ff:fe05:80da', 3, 0, '2ObVBgIn28oZvibYZhZMBgh7WdQ='],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', '3ffe:501:0:1001::2', 128, 129, '+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', '3ffe:507:0:1:260:97ff:fe07:69ea', 3, 0, '/OGBt9BN1ofenrmSPWYicpij2Vc='],
  [58, 'fe80::200:86ff:fe05:80da', 'ff02::2', 133, 134, 'hO+sN4H+MG5MY/8hIrXPqc4ZQz0='],
  [58, 'fe80::260:97ff:fe07:69ea', 'ff02::1', 134, 133, 'pkvHqCL88/tg1k4cPigmZXUtL00='],
  [46, '10.1.24.4', '10.1.12.1', undefined, undefined, '/nQI4Rh/TtY3mf0R2gJFBkVlgS4='],
  [46, '10.1.12.1', '10.1.24.4', undefined, undefined, '/nQI4Rh/TtY3mf0R2gJFBkVlgS4='],
  [46, '10.1.12.1', '10.1.12.2', undefined, undefined, 'KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
];

test.each(PUBLISHED)('protocol %i from %s to %s, %s and %s', (protocol, sourceIp, destIp, sourcePort, destPort, id) => {
  const ports = sourcePort === undefined || destPort === undefined ? {} : { sourcePort, destPort };
  expect(communityId({ protocol, sourceIp, destIp, ...ports }, nodeSha1)).toBe(`1:${id}`);
});

test('an address of IPv4 mapped into IPv6 is IPv4', () => {
  const flow = { protocol: 6, sourcePort: 34_855, destPort: 80 };
  const mapped = { ...flow, sourceIp: '::ffff:128.232.110.120', destIp: '66.35.250.204' };
  expect(communityId(mapped, nodeSha1)).toBe('1:LQU9qZlK+B5F3KDmev6m5PMibrg=');
});

test('ends that no flow joins are refused', () => {
  expect(() => communityId({ protocol: 6, sourceIp: '::1', destIp: '127.0.0.1' }, nodeSha1)).toThrow(RangeError);
  expect(() => communityId({ protocol: 6, sourceIp: 'ohdear.com', destIp: '127.0.0.1' }, nodeSha1)).toThrow(RangeError);
});
