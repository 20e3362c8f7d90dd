import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath, programVersion } from '../machine.ts';
import { freePort, type PeerResult } from './postgres-copy.ts';

/**
 * rsyslog taking the same lines over TCP (octet-stuffed, as syslog senders do), parsing each as JSON and writing a file:
 * the usual home-made collector.
 */
export async function measureRsyslog(file: string, count: number): Promise<PeerResult | string> {
  const rsyslogd = programPath('rsyslogd');
  if (!rsyslogd) return 'rsyslog is not installed (apt-get install rsyslog)';
  const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-rsyslog-'));
  const port = await freePort();
  const out = join(dir, 'out.ndjson');
  const config = join(dir, 'rsyslog.conf');
  writeFileSync(config, configuration(dir, port, out));
  const server = spawn(rsyslogd, ['-n', '-f', config, '-i', join(dir, 'pid')], { stdio: 'ignore' });
  try {
    const socket = await connectWhenReady(port);
    const source = readFileSync(file, 'utf8').split('\n');
    if (source.at(-1) === '') source.pop();
    const framed = Buffer.from(source.map((line) => `<134>Nov 22 12:00:00 host app: @cee:${line}\n`).join(''));
    const began = process.hrtime.bigint();
    socket.end(framed);
    await written(out, count);
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    return {
      name: 'rsyslog imtcp + mmjsonparse + file',
      recordsPerSecond: count / seconds,
      bytesPerRecord: statSync(out).size / count,
      note: programVersion(rsyslogd, '-v'),
    };
  } finally {
    server.kill('SIGTERM');
    await once(server, 'close');
    rmSync(dir, { recursive: true, force: true });
  }
}

function configuration(dir: string, port: number, out: string): string {
  return `global(workDirectory="${dir}" maxMessageSize="64k")
module(load="imtcp")
module(load="mmjsonparse")
main_queue(queue.size="1000000" queue.dequeueBatchSize="4096" queue.workerThreads="1")
template(name="line" type="string" string="%$!all-json%\\n")
input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="take")
ruleset(name="take" queue.type="LinkedList" queue.size="2000000" queue.dequeueBatchSize="4096") {
  action(type="mmjsonparse")
  action(type="omfile" file="${out}" template="line" ioBufferSize="256k" asyncWriting="on" flushOnTXEnd="off" flushInterval="1")
}
`;
}

async function connectWhenReady(port: number): Promise<ReturnType<typeof connect>> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Waits until the file holds all lines, counting newlines only in what was added. */
async function written(path: string, count: number): Promise<void> {
  const deadline = Date.now() + 120_000;
  let lines = 0;
  let offset = 0;
  while (lines < count) {
    if (Date.now() > deadline) throw new Error(`rsyslog wrote ${lines} of ${count} lines in two minutes`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (!existsSync(path) || statSync(path).size === offset) continue;
    const counted = await countNewlines(path, offset);
    lines += counted.lines;
    offset = counted.offset;
  }
}

async function countNewlines(path: string, from: number): Promise<{ lines: number; offset: number }> {
  let lines = 0;
  let offset = from;
  for await (const chunk of createReadStream(path, { start: from, highWaterMark: 1 << 20 })) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('expected bytes');
    offset += chunk.length;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  return { lines, offset };
}
