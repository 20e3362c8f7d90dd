import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { isObject } from '../output/hit.ts';

/** What a supervised child says of itself over its channel to `up`. */
export type ChildReport =
  | { readonly kind: 'collector-ready'; readonly url: string; readonly signInUrl: string; readonly vkey: string }
  | { readonly kind: 'agent-ready'; readonly mode: string; readonly sees: string; readonly misses: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly remedy: string | undefined;
      readonly exitCode: ExitCode;
    };

export function readChildReport(input: unknown): ChildReport | undefined {
  if (!isObject(input)) return undefined;
  const text = (name: string) => (typeof input[name] === 'string' ? input[name] : '');
  switch (input['kind']) {
    case 'collector-ready':
      return { kind: 'collector-ready', url: text('url'), signInUrl: text('signInUrl'), vkey: text('vkey') };
    case 'agent-ready': {
      const misses = Array.isArray(input['misses']) ? input['misses'].map(String) : [];
      return { kind: 'agent-ready', mode: text('mode'), sees: text('sees'), misses };
    }
    case 'failed': {
      const exitCode = Object.values(EXIT).find((code) => code === input['exitCode']) ?? EXIT.failed;
      return { kind: 'failed', message: text('message'), remedy: text('remedy') || undefined, exitCode };
    }
    default:
      return undefined;
  }
}
