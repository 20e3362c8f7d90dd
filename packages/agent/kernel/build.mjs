// Builds capture.bpf.o from capture.bpf.c. The result is the same, byte for byte, wherever it is built with the same
// clang and libbpf headers: file names are relative, and only BTF is kept, which loading on other kernels needs.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLANG = 'clang-14';
const STRIP = 'llvm-strip-14';
const folder = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2] ?? join(folder, 'capture.bpf.o');

function run(command, args) {
  const { error, status } = spawnSync(command, args, { cwd: folder, stdio: 'inherit' });
  if (error !== undefined || status !== 0) {
    console.error(`${command} failed${error === undefined ? '' : `: ${error.message}`}`);
    console.error('Building the kernel part needs clang-14, llvm-14 and libbpf-dev (Debian package names).');
    process.exit(1);
  }
}

const target = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g'];
const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter'];
const paths = [`-fdebug-prefix-map=${folder}=.`, '-fdebug-compilation-dir=.'];

run(CLANG, [...target, ...warnings, ...paths, '-c', 'capture.bpf.c', '-o', output]);
run(STRIP, ['--strip-debug', output]);
console.log(output);
