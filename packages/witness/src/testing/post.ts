import { formatAddCheckpoint } from '../add-checkpoint.ts';
import type { ExampleLog } from './example-log.ts';

export type Answered = { readonly status: number; readonly type: string | null; readonly body: string };

export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers?: Record<string, string>,
): Promise<Answered> {
  const response = await fetch(`${url}/add-checkpoint`, {
    method: 'POST',
    body,
    ...(headers === undefined ? {} : { headers }),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

/** The request by which a log that behaves goes from one size to another. */
export function requestOf(log: ExampleLog, from: number, to: number, branch = ''): string {
  const proof = from <= to ? log.proof(from, to, branch) : [];
  return formatAddCheckpoint({ oldSize: from, proof, checkpoint: log.checkpoint(to, branch) });
}
