import { readFile } from 'node:fs/promises';

/**
 * When a process started, in clock ticks since boot (proc(5), stat, field 22). A process id alone says little: after a
 * crash and a reboot, or in a container, another process soon has the same one. Undefined: no such process, or no /proc.
 */
export async function startTicksOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
