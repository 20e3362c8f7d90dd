// Sets up a fresh checkout: dependencies, console build, and (as root, on Debian and its kin) system packages.
// Plain JavaScript for any Node >= 20: it runs before the pinned Node and TypeScript are there.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const NODE_MAJOR_MIN = 20;
const PINNED_NODE = join(ROOT, 'node_modules', '.bin', 'node');
const LOCK_STAMP = join(ROOT, 'node_modules', '.portledger-lock');
const CONSOLE_DIST = join(ROOT, 'packages', 'console', 'dist');
const POLICY_RC = '/usr/sbin/policy-rc.d';

/** The Node that everything after set-up runs on: the pinned one, or this one where no pinned build exists for the platform. */
export function productNode() {
  return existsSync(PINNED_NODE) ? PINNED_NODE : process.execPath;
}

/** Environment for child processes: the workspace's own commands first, so that `node` is the pinned one. */
export function productEnv() {
  return { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` };
}

/**
 * Runs a command to its end. Output is kept and shown only on failure, unless `show` is set.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: options.env ?? productEnv(),
      stdio: ['ignore', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}` }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), output }));
  });
}

function fail(what, output, remedy) {
  const tail = output.trim().split('\n').slice(-15).join('\n');
  console.error(`\nportledger: ${what} failed.\n${tail}\n${remedy}`);
  process.exit(1);
}

/** Says what is under way and, after two seconds, for how long already. */
async function step(label, work) {
  const began = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1000);
    if (process.stderr.isTTY) process.stderr.write(`\r${label} … ${seconds} s `);
    else if (seconds % 10 === 0) console.error(`${label} … ${seconds} s`);
  }, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.error(`${process.stderr.isTTY ? '\r' : ''}${label}: done in ${seconds} s`);
  }
}

function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function filesBelow(dir, skip) {
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      if (skip.has(entry.name)) return [];
      return entry.isDirectory() ? filesBelow(path, skip) : entry.isFile() ? [path] : [];
    });
}

/** Installs the dependencies exactly as locked, once per lock file. */
async function installDependencies() {
  const wanted = digestOf([join(ROOT, 'package-lock.json')]);
  if (existsSync(LOCK_STAMP) && readFileSync(LOCK_STAMP, 'utf8') === wanted) return;
  // npm tells its own child npm what `npm start` was called with; a fresh npm must not inherit that.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package|command)/.test(name)),
  );
  const npm = await step('Installing dependencies', () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { env }),
  );
  if (npm.code !== 0)
    fail(
      'Installing dependencies (npm ci)',
      npm.output,
      'Check the network and the npm registry, then run the same command again.',
    );
  writeFileSync(LOCK_STAMP, wanted);
}

/** Builds the console when its sources changed since the last build. */
async function buildConsole() {
  const skip = new Set(['dist', 'node_modules', 'test', 'tests', 'test-server']);
  const sources = [join(ROOT, 'packages', 'console'), join(ROOT, 'packages', 'format')]
    .flatMap((dir) => filesBelow(dir, skip))
    .filter((path) => !/\.test\.tsx?$/.test(path));
  const wanted = digestOf(sources);
  const stamp = join(CONSOLE_DIST, '.built-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const vite = await step('Building the console', () =>
    run(productNode(), [
      join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      'packages/console',
      '--logLevel',
      'warn',
    ]),
  );
  if (vite.code !== 0) fail('Building the console', vite.output, 'Run `npm run build:console` to see all of it.');
  writeFileSync(stamp, wanted);
}

/** True where packages can be installed: root on a system with apt. */
function canInstallSystemPackages() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

async function isInstalled(name) {
  const { code, output } = await run('dpkg-query', ['-W', '-f', '${Status}', name]);
  return code === 0 && output.includes('install ok installed');
}

/** Services of freshly installed packages must not start: tests start what they need themselves, on ports of their own. */
function forbidServiceStarts() {
  if (existsSync(POLICY_RC)) return () => {};
  writeFileSync(POLICY_RC, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rmSync(POLICY_RC, { force: true });
}

/**
 * Installs the named Debian packages that are missing.
 * @returns {Promise<string | undefined>} why it could not be done, or undefined
 */
export async function installSystemPackages(names) {
  const missing = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return undefined;
  if (!canInstallSystemPackages()) return `not root, or no apt: cannot install ${missing.join(', ')}`;
  const allow = forbidServiceStarts();
  try {
    return await step(`Installing ${missing.join(', ')}`, () => aptInstall(missing));
  } finally {
    allow();
  }
}

async function aptInstall(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', ...names], { env });
  // The lists of a fresh machine are empty or old, so a first try without an update is only worth it when lists are there.
  const first = hasAptLists() ? await install() : { code: 1, output: '' };
  if (first.code === 0) return undefined;
  const update = await run('apt-get', ['update'], { env });
  const second = await install();
  return second.code === 0
    ? undefined
    : `apt-get: ${(second.output || update.output).trim().split('\n').slice(-2).join(' ')}`;
}

function hasAptLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('_Packages') || name.endsWith('.lz4'));
  } catch {
    return false;
  }
}

/** libbpf1 loads the kernel program; without it capture falls back and says so. */
async function installCapture() {
  if (process.platform !== 'linux' || hasLibbpf()) return;
  if (!canInstallSystemPackages()) {
    console.error(
      'libbpf1 is not installed, so capture will poll instead of watching the kernel (remedy: apt-get install libbpf1, and run as root).',
    );
    return;
  }
  const trouble = await installSystemPackages(['libbpf1']);
  if (trouble)
    console.error(`libbpf1 could not be installed (${trouble}); capture will poll instead of watching the kernel.`);
}

function hasLibbpf() {
  const dirs = ['/usr/lib', '/usr/lib64', '/lib', '/lib64', '/usr/local/lib'];
  const triples = ['x86_64-linux-gnu', 'aarch64-linux-gnu', ''];
  return dirs.some((dir) => triples.some((triple) => existsSync(join(dir, triple, 'libbpf.so.1'))));
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN) return;
  console.error(`portledger needs Node ${NODE_MAJOR_MIN} or newer to set itself up; this is ${process.versions.node}.`);
  process.exit(1);
}

function checkWritable() {
  try {
    accessSync(ROOT, constants.W_OK);
    statSync(join(ROOT, 'package-lock.json'));
  } catch (error) {
    fail('Looking at the checkout', String(error.message), `${ROOT} must be writable and hold package-lock.json.`);
  }
}

/** Everything that the product needs to run. The slow downloads go side by side. */
export async function setUp() {
  checkNode();
  checkWritable();
  await Promise.all([installDependencies(), installCapture()]);
  await buildConsole();
}
