#!/usr/bin/env node
// Plain JavaScript that any Node from 20 on can read: it finds the Node that the workspace pins and hands over to it.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import * as modules from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const HANDED_OVER = 'PORTLEDGER_HANDED_OVER';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];
const EXIT_USAGE = 2;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };

const here = realpathSync(fileURLToPath(import.meta.url));
const packageDir = path.dirname(path.dirname(here));

function majorOf(version) {
  return Number(version.split('.')[0]);
}

/** The workspace's own Node: its platform package, or the link that npm makes for it, in any node_modules above. */
function pinnedNode() {
  const require = modules.createRequire(here);
  const platformPackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const candidates = [];
  try {
    candidates.push(path.join(path.dirname(require.resolve(`${platformPackage}/package.json`)), 'bin', 'node'));
  } catch {
    // Not installed for this platform: the link may still point to one.
  }
  for (let folder = packageDir; ; folder = path.dirname(folder)) {
    candidates.push(path.join(folder, 'node_modules', '.bin', 'node'));
    if (folder === path.dirname(folder)) break;
  }
  return candidates.find((candidate) => existsSync(candidate));
}

function fail(message, remedy) {
  process.stderr.write(`portledger: ${message}\n  → ${remedy}\n`);
  process.exitCode = EXIT_USAGE;
}

function handOver(node) {
  const child = spawn(node, [here, ...process.argv.slice(2)], {
    stdio: process.send === undefined ? 'inherit' : ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [HANDED_OVER]: '1' },
  });
  for (const signal of SIGNALS) {
    // At a terminal Ctrl-C reaches the child by itself, too; the child takes a repeated signal within a moment as one.
    process.on(signal, () => child.kill(signal));
  }
  if (process.send !== undefined) {
    child.on('message', (message) => process.send(message));
    process.on('message', (message) => child.connected && child.send(message));
    process.on('disconnect', () => child.connected && child.disconnect());
  }
  child.on('error', (error) => fail(`can't run ${node}: ${error.message}`, 'install the dependencies again: npm ci'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 0);
    if (process.connected) process.disconnect();
    for (const name of SIGNALS) process.removeAllListeners(name);
  });
}

async function run() {
  if (!dependenciesInstalled()) {
    return fail(
      'its dependencies are not installed',
      `run \`npm ci\` in ${workspaceDir()}, or \`npm start\`, which does it`,
    );
  }
  if (majorOf(process.versions.node) < NODE_MAJOR_MIN) {
    const node = process.env[HANDED_OVER] === undefined ? pinnedNode() : undefined;
    if (node !== undefined) return handOver(node);
    return fail(
      `needs Node ${NODE_MAJOR_MIN} or newer, and this is ${process.versions.node}`,
      `run \`npm ci\` in ${workspaceDir()}: it brings the right one along`,
    );
  }
  modules.enableCompileCache?.(path.join(workspaceDir(), '.cache', 'node-compile'));
  const { main } = await import('../src/main.ts');
  process.exitCode = await main({ bin: here, checkout: workspaceDir() });
}

function dependenciesInstalled() {
  const require = modules.createRequire(here);
  return ['commander', 'yaml', '@portledger/format'].every((name) => {
    for (const folder of require.resolve.paths(name) ?? []) if (existsSync(path.join(folder, name))) return true;
    return false;
  });
}

/** The folder of the workspace's package.json. */
function workspaceDir() {
  return path.dirname(path.dirname(packageDir));
}

try {
  await run();
} catch (error) {
  if (process.argv.includes('--debug')) throw error;
  fail(`can't start: ${error.message}`, 'is the checkout whole? `git status` and `npm ci` tell; --debug shows where');
}
