import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath } from './machine.ts';
import { freePort } from './peers/postgres-copy.ts';

export type NginxServer = {
  readonly port: number;
  /** Connections that nginx itself says it accepted so far, the one that asks included. */
  accepted(): Promise<number>;
  stop(): Promise<void>;
};

/** An nginx of our own on a free loopback port that answers a few bytes and closes: the cheapest real connection there is. */
export async function startNginx(): Promise<NginxServer> {
  const nginx = programPath('nginx');
  if (!nginx) throw new Error('nginx is not installed (apt-get install nginx-light)');
  const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-nginx-'));
  const port = await freePort();
  mkdirSync(join(dir, 'temp'));
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${dir}/temp/${name};`)
    .join(' ');
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log crit;
events { worker_connections 4096; }
http { access_log off; ${temps} server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "ok"; } location = /status { stub_status; } } }
`,
  );
  const server = spawn(nginx, ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: 'ignore' });
  await listening(port);
  return {
    port,
    async accepted() {
      const reply = await fetch(`http://127.0.0.1:${port}/status`, { headers: { connection: 'close' } });
      return Number(/^\s*(\d+) \d+ \d+/m.exec(await reply.text())?.[1]);
    },
    async stop() {
      server.kill('SIGTERM');
      await once(server, 'close');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function listening(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.destroy();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export type LoadResult = { readonly requests: number; readonly requestsPerSecond: number };

/** wrk with a new connection for each request, for so many seconds. */
export function runWrk(port: number, seconds: number): LoadResult {
  const wrk = programPath('wrk');
  if (!wrk) throw new Error('wrk is not installed (apt-get install wrk)');
  const output = execFileSync(
    wrk,
    ['-t1', '-c32', `-d${seconds}s`, '-H', 'Connection: close', `http://127.0.0.1:${port}/`],
    { encoding: 'utf8' },
  );
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  return { requests, requestsPerSecond };
}
