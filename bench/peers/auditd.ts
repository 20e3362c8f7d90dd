import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programPath } from '../machine.ts';

const KEY = 'portledger-bench';
/** auditd does not start unless space_left is larger than admin_space_left. */
const SETTINGS = `log_format = RAW
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 2000
max_log_file_action = IGNORE
space_left = 75
space_left_action = IGNORE
admin_space_left = 50
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
q_depth = 20000
`;

export type RunningAuditd = {
  /** What it wrote of so many connections, and what the kernel says it lost. */
  verdict(connections: number): Promise<string>;
  stop(): Promise<void>;
};

/** auditd with a rule for connect and accept, writing to a log of its own. Undefined where it is not installed. */
export function auditdProgram(): (() => Promise<RunningAuditd>) | undefined {
  const path = programPath('auditd');
  const auditctl = programPath('auditctl');
  return path === undefined || auditctl === undefined ? undefined : () => startAuditd(path, auditctl);
}

async function startAuditd(path: string, auditctl: string): Promise<RunningAuditd> {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-audit-'));
  const log = join(dir, 'audit.log');
  mkdirSync(join(dir, 'plugins.d'));
  writeFileSync(join(dir, 'auditd.conf'), `log_file = ${log}\nplugin_dir = ${dir}/plugins.d\n${SETTINGS}`, {
    mode: 0o640,
  });
  const child = spawn(path, ['-n', '-c', dir], { stdio: 'ignore' });
  const control = (...args: string[]): string => execFileSync(auditctl, args, { encoding: 'utf8' });
  const figure = (name: string): number =>
    Number(new RegExp(`^${name} (\\d+)`, 'm').exec(control('-s'))?.[1] ?? Number.NaN);
  const deadline = Date.now() + 10_000;
  while (!existsSync(log) || figure('pid') !== child.pid) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('auditd does not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  control('-e', '1');
  control('-b', '65536');
  control('-a', 'always,exit', '-F', 'arch=b64', '-S', 'connect,accept,accept4', '-k', KEY);
  const before = figure('lost');
  return {
    async verdict(connections) {
      const lost = figure('lost') - before;
      await ended(() => figure('backlog') === 0);
      return `wrote ${await written(log)} calls of ${connections} connections at least; kernel audit lost ${lost} events`;
    },
    async stop() {
      control('-D', '-k', KEY);
      control('-e', '0');
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'close');
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function ended(isDone: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !isDone() && Date.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Calls of the rule in the log: connect of the client, accept4 of the server. */
async function written(log: string): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(log) })) {
    if (line.startsWith('type=SYSCALL') && line.includes(KEY)) count += 1;
  }
  return count;
}
