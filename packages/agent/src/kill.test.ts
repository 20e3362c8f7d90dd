import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startAgent } from './start-agent.ts';
import { scratchFolder } from './testing/scratch-folder.ts';
import { holes, StandInDoor } from './testing/stand-in-door.ts';

const CHILD = fileURLToPath(new URL('testing/agent-process.ts', import.meta.url));
const BOOTS = 4;
/** Records on disk before the process is killed; differs a boot so that it is met in different moments. */
const KILL_AFTER = 4_000;

/** Runs an agent until it says that so many of its records are durable, then kills it. Returns what it said last. */
async function runAndKill(door: StandInDoor, dir: string, boot: number): Promise<{ session: string; durable: number }> {
  const child = spawn(process.execPath, [CHILD, door.url, dir, String(boot)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let said = { session: '', durable: 0 };
  for await (const line of createInterface({ input: child.stdout })) {
    const [session = '', durable = ''] = line.split(' ');
    said = { session, durable: Number(durable) };
    if (said.durable >= KILL_AFTER + boot * 777) child.kill('SIGKILL');
  }
  await exited;
  return said;
}

test('kill -9 at any moment: every record that reached the disk is delivered once, unchanged, without holes', async () => {
  await using folder = await scratchFolder();
  await using door = new StandInDoor();
  await door.open();
  const boots: { session: string; durable: number }[] = [];
  for (let boot = 1; boot <= BOOTS; boot += 1) {
    // The collector is away for some of the runs, and breaks some replies after taking the records.
    if (boot % 2 === 0) await door.close();
    else door.answers.push({ kind: 'take-and-cut' }, { kind: 'status', status: 503, retryAfter: '0' });
    boots.push(await runAndKill(door, folder.path, boot));
    if (boot % 2 === 0) await door.open();
  }
  const agent = await startAgent({
    observer: 'host-a',
    collectorUrl: door.url,
    token: 't',
    spoolDir: folder.path,
    capture: 'none',
  });
  await door.until(() => door.kept.has(agent.session), 20_000);
  await agent.stop();

  expect([...door.kept.keys()].sort()).toEqual([...boots.map(({ session }) => session), agent.session].sort());
  for (const { session, durable } of boots) {
    const kept = door.kept.get(session) ?? new Map<number, string>();
    expect(holes(kept)).toEqual([]);
    expect(durable).toBeGreaterThanOrEqual(KILL_AFTER);
    expect(kept.size).toBeGreaterThanOrEqual(durable);
  }
  expect(door.changedRedeliveries).toBe(0);
  // The spool is sent in the order of the runs.
  const order = [...new Set(door.records.map(({ session }) => session))];
  expect(order).toEqual([...boots.map(({ session }) => session), agent.session]);
}, 60_000);
