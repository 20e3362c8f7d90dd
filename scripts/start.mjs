// `npm start`: set up, then run the product.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { productEnv, productNode, ROOT, setUp } from './setup.mjs';

await setUp();
const product = spawn(productNode(), [join(ROOT, 'packages/cli/bin/portledger.mjs'), 'up', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: productEnv(),
});
// Ctrl-C reaches the whole foreground group; other senders know only this process, so it passes the signal on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) product.kill(signal);
  });
}
product.on('close', (code, signal) => {
  // npm prints a page of noise for any non-zero code; a run that the user ended is a success.
  process.exit(signal === 'SIGINT' || code === 130 ? 0 : (code ?? 1));
});
