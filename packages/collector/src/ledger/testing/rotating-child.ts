import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

// Rotates the key of a stopped data folder and dies before the given rename or new folder of it, counted from 1.
const [dir = '', step = '0'] = process.argv.slice(2);
let left = Number(step);

function counted<Args extends readonly unknown[], Returned>(
  call: (...args: Args) => Returned,
): (...args: Args) => Returned {
  return (...args) => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return call(...args);
  };
}

fs.renameSync = counted(fs.renameSync);
fs.mkdirSync = Object.assign(counted(fs.mkdirSync), fs.mkdirSync);
syncBuiltinESMExports();
const { openSigner } = await import('../ledger-key.ts');
const { rotateKey } = await import('../key-rotation.ts');
rotateKey(dir, openSigner(dir, undefined));
