import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Owner } from '../capture/capture-event.ts';
import { openLibc } from '../libc/libc.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { attribute, attributeUid } from './attribution.ts';
import { ContainerUsers } from './container-users.ts';
import { parsePasswd } from './passwd-file.ts';
import { libcLookup, passwdLookup, UserNames } from './user-names.ts';

const clock = (): number => 0;
const NAMES: Readonly<Record<number, string>> = { 0: 'root', 33: 'www-data', 999: 'hostd', 1000: 'ana' };
const users = new UserNames((uid) => NAMES[uid], clock);
const sources = { users, containerUsers: new ContainerUsers(clock, '/nonexistent') };
const ID = 'a'.repeat(64);

const SESSION = '/user.slice/user-1000.slice/session-3.scope';
const NGINX = '/system.slice/nginx.service';

const TABLE: readonly (readonly [string, Partial<Owner>, Readonly<Record<string, unknown>>])[] = [
  [
    'a person',
    { uid: 1000, loginUid: 1000, cgroupPath: SESSION },
    { user: 'ana', userKind: 'person', userSource: 'login-uid' },
  ],
  [
    'a person with sudo',
    { uid: 0, loginUid: 1000 },
    { user: 'ana', userId: '1000', labels: { process_user: 'root', process_user_id: '0' } },
  ],
  [
    'root who logged in',
    { uid: 0, loginUid: 0 },
    { user: 'root', userKind: 'person', userSource: 'login-uid', labels: {} },
  ],
  [
    'a daemon',
    { uid: 33, cgroupPath: NGINX },
    { user: 'www-data', userKind: 'service', userSource: 'process-uid', service: 'nginx' },
  ],
  ['a daemon of root', { uid: 0, cgroupPath: NGINX }, { user: 'root', userKind: 'service' }],
  ['root without unit or login', { uid: 0 }, { user: 'root', userKind: 'unknown' }],
  ['a person’s uid without login', { uid: 1000 }, { user: 'ana', userKind: 'unknown', userSource: 'process-uid' }],
  ['a dynamic user', { uid: 61_200 }, { userId: '61200', userKind: 'service' }],
  ['nobody', { uid: 65_534 }, { userKind: 'service' }],
  ['a uid without a name', { uid: 4_711 }, { userId: '4711', userKind: 'unknown' }],
];

function owner(more: Partial<Owner>): Owner {
  return { pid: 5, uid: 0, comm: 'x', ...more };
}

describe('attribution', () => {
  test.each(TABLE)('%s', (_, given, expected) => {
    expect(attribute(owner(given), sources)).toMatchObject(expected);
  });

  test('a uid without a name has no user', () => {
    expect(attribute(owner({ uid: 4_711 }), sources).user).toBeUndefined();
    expect(attributeUid(4_711, users)).toEqual({
      userId: '4711',
      userKind: 'unknown',
      userSource: 'process-uid',
      labels: {},
    });
  });

  test('a container’s uid is named by its own passwd file, never by the host’s', async () => {
    const contained = owner({ pid: 77, uid: 999, cgroupPath: `/system.slice/docker-${ID}.scope` });
    expect(attribute(contained, sources)).toMatchObject({ userId: '999', userKind: 'service', containerId: ID });
    expect(attribute(contained, sources).user).toBeUndefined();
    await using proc = await scratchFolder();
    await mkdir(join(proc.path, '77', 'root', 'etc'), { recursive: true });
    await writeFile(join(proc.path, '77', 'root', 'etc', 'passwd'), 'postgres:x:999:999::/:/bin/sh\n');
    const within = { users, containerUsers: new ContainerUsers(clock, proc.path) };
    expect(attribute(contained, within).user).toBe('postgres');
    // Its processes come and go; what was read stands for the container.
    expect(attribute({ ...contained, pid: 78 }, within).user).toBe('postgres');
  });
});

describe('user names', () => {
  test('the C library and the passwd file agree on root', async () => {
    const libc = await openLibc();
    if (libc === undefined) throw new Error('koffi has no build for this platform');
    expect(libcLookup(libc)(0)).toBe('root');
    expect(libcLookup(libc)(4_000_000_000)).toBeUndefined();
    expect(passwdLookup()(0)).toBe('root');
    expect(passwdLookup('/nonexistent')(0)).toBeUndefined();
  });

  test('the first line of a uid wins, rubbish is passed over', () => {
    expect([...parsePasswd('root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:\n\n#c:x:9\n:x:7:\nx\nb:x:-1:\nc:x:12:1:\n')]).toEqual(
      [
        [0, 'root'],
        [12, 'c'],
      ],
    );
  });

  test('are remembered, misses for less long', () => {
    let nowMs = 0;
    const asked: number[] = [];
    const names = new UserNames(
      (uid) => {
        asked.push(uid);
        return NAMES[uid];
      },
      () => nowMs,
    );
    for (let turn = 0; turn < 3; turn += 1) expect([names.name(33), names.name(5)]).toEqual(['www-data', undefined]);
    expect(asked).toEqual([33, 5]);
    nowMs = 100_000;
    names.name(33);
    names.name(5);
    expect(asked).toEqual([33, 5, 5]);
  });

  test('a slow directory is left alone for a while', () => {
    let nowMs = 0;
    let asked = 0;
    const names = new UserNames(
      () => {
        asked += 1;
        nowMs += 5_000;
        return undefined;
      },
      () => nowMs,
    );
    for (let uid = 0; uid < 100; uid += 1) names.name(uid);
    expect(asked).toBe(1);
  });
});
