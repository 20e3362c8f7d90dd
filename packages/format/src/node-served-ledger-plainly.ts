import type { LedgerFiles } from './verification/ledger-files.ts';

/** What `ServedLedgerFiles` of node-served-ledger.ts does, in short, for the single-file verifier: each file is kept whole. */
export class ServedLedgerFiles implements LedgerFiles {
  readonly isServed = true;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  /** The segment of each class that was read last. */
  readonly #segments = new Map<string, { readonly path: string; readonly bytes: Uint8Array | undefined }>();

  constructor(base: string, token: string | undefined) {
    this.#base = base;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** Tries the folder `ledger` and the address itself. */
  static async open(url: string, token: string | undefined): Promise<ServedLedgerFiles> {
    const base = url.replace(/\/+$/, '');
    for (const candidate of base.endsWith('/ledger') ? [base] : [`${base}/ledger`, base]) {
      const files = new ServedLedgerFiles(candidate, token);
      const first = (await files.read('checkpoint'))?.[0];
      if (first !== undefined && first !== '<'.charCodeAt(0)) return files; // no console's page
    }
    throw new Error(`no ledger is served at ${url}`);
  }

  async list(): Promise<readonly []> {
    return [];
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const answer = await fetch(`${this.#base}/${path}`, { headers: this.#headers, redirect: 'error' });
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    if (answer.status === 404) return undefined;
    throw new Error(`${this.#base}/${path} was answered with status ${answer.status}`);
  }

  async readAt(path: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const folder = path.slice(0, path.lastIndexOf('/'));
    let segment = this.#segments.get(folder);
    if (segment?.path !== path) this.#segments.set(folder, (segment = { path, bytes: await this.read(path) }));
    const { bytes } = segment;
    return bytes === undefined || bytes.length < offset + length ? undefined : bytes.subarray(offset, offset + length);
  }

  close(): void {
    this.#segments.clear();
  }
}
