import { existsSync } from 'node:fs';
import path from 'node:path';

/** The built console's folder; undefined when it was not built. */
export function consoleDirOf(checkout: string): string | undefined {
  const dir = path.join(checkout, 'packages', 'console', 'dist');
  return existsSync(path.join(dir, 'index.html')) ? dir : undefined;
}
