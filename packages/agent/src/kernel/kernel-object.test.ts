import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { kernelCaptureLack } from './capture-recording.ts';
import * as layout from './event-layout.ts';
import { KERNEL_OBJECT_PATH, openKernelCapture } from './kernel-capture.ts';
import { probeKernelCapture } from './kernel-probe.ts';
import { SLOTS_PER_CPU } from './limits.ts';

const BUILD = fileURLToPath(new URL('../../kernel/build.mjs', import.meta.url));
const HEADER = fileURLToPath(new URL('../../kernel/capture.h', import.meta.url));
const noClang = spawnSync('clang-14', ['--version']).error !== undefined;
const noHeaders = spawnSync('test', ['-e', '/usr/include/bpf/bpf_core_read.h']).status !== 0;
const lack = kernelCaptureLack();

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'portledger-object-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the kernel object', () => {
  test.skipIf(noClang || noHeaders)('is what its source builds, byte for byte (needs clang-14 and libbpf-dev)', () => {
    inFolder((folder) => {
      const output = join(folder, 'capture.bpf.o');
      const built = spawnSync(process.execPath, [BUILD, output], { encoding: 'utf8' });
      expect(built.stderr).toBe('');
      expect(readFileSync(output).equals(readFileSync(KERNEL_OBJECT_PATH))).toBe(true);
    });
  });

  test.skipIf(noClang)('lays events out as the reader expects (needs clang-14)', () => {
    const { SOCKET, PROCESS } = layout;
    const expectations = [
      `sizeof(struct socket_event) == ${layout.SOCKET_EVENT_BYTES}`,
      `sizeof(struct process_event) == ${layout.PROCESS_EVENT_BYTES}`,
      `sizeof(struct slot) == ${layout.SLOT_BYTES}`,
      `sizeof(struct cursor) == ${layout.CURSOR_BYTES}`,
      `sizeof(struct tally) == ${layout.TALLY_COUNTS * 8}`,
      `KIND_MAX == ${layout.KINDS_COUNT} && OUTCOME_MAX == ${layout.OUTCOMES_COUNT}`,
      `SLOTS_PER_CPU == ${SLOTS_PER_CPU} && KIND_STANDING == ${layout.KIND.standing}`,
      `FLAG_LISTENER == ${layout.FLAG.listener} && FLAG_UNTRACKED == ${layout.FLAG.untracked}`,
      ...Object.entries({
        time_ns: SOCKET.time,
        start_ns: SOCKET.start,
        bytes_sent: SOCKET.bytesSent,
        bytes_received: SOCKET.bytesReceived,
        local: SOCKET.local,
        remote: SOCKET.remote,
        local_port: SOCKET.ports,
        netns: SOCKET.netns,
        process: SOCKET.process,
        tgid: SOCKET.tgid,
        packets_sent: SOCKET.packetsSent,
        packets_received: SOCKET.packetsReceived,
      }).map(([field, word]) => `__builtin_offsetof(struct socket_event, ${field}) == ${word * 4}`),
      ...Object.entries({
        process: PROCESS.process,
        tgid: PROCESS.tgid,
        parent_tgid: PROCESS.parentTgid,
        uid: PROCESS.uid,
        login_uid: PROCESS.loginUid,
        start_ns: PROCESS.start,
        cgroup_id: PROCESS.cgroupId,
        comm: PROCESS.comm,
        parent_comm: PROCESS.parentComm,
        exe_bytes: PROCESS.pathBytes,
        exe: PROCESS.exe,
        cgroup: PROCESS.cgroup,
      }).map(([field, word]) => `__builtin_offsetof(struct process_event, ${field}) == ${word * 4}`),
    ];
    inFolder((folder) => {
      const source = join(folder, 'layout.c');
      const types =
        'typedef unsigned char __u8; typedef unsigned short __u16, __be16; typedef unsigned int __u32; typedef unsigned long long __u64;';
      const asserts = expectations.map((text) => `_Static_assert(${text}, "${text}");`);
      writeFileSync(source, `${types}\n#include "${HEADER}"\n${asserts.join('\n')}\n`);
      expect(spawnSync('clang-14', ['-fsyntax-only', source], { encoding: 'utf8' }).stderr).toBe('');
    });
  });

  test.skipIf(lack !== undefined)('tells what works here (needs root and BTF)', async () => {
    const probe = await probeKernelCapture();
    expect(probe).toMatchObject({ ok: true, value: { libbpf: expect.stringMatching(/^v1\./) } });
    if (probe.ok) expect(probe.value.programs.find(({ name }) => name === 'on_state')?.attachable).toBe(true);
  });

  test.skipIf(lack !== undefined)(
    'a missing and a broken object are faults with a remedy (needs root and BTF)',
    async () => {
      const missing = await openKernelCapture({ objectPath: '/nonexistent/capture.bpf.o' });
      expect(missing).toMatchObject({
        ok: false,
        fault: { code: 'object-missing', remedy: expect.stringContaining('build:kernel') },
      });
      const broken = await openKernelCapture({ objectPath: BUILD });
      expect(broken).toMatchObject({ ok: false, fault: { code: 'object-missing' } });
    },
  );

  test.skipIf(lack !== undefined)('without privileges the fault says so (needs root and BTF)', () => {
    const script = `import { openKernelCapture } from ${JSON.stringify(new URL('kernel-capture.ts', import.meta.url).href)};
      const opened = await openKernelCapture(); console.log(opened.ok ? 'ok' : opened.fault.code);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
    });
    expect(child.stdout.trim()).toBe('not-permitted');
  });
});
